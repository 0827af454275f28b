SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: takes over a sign-in that HIS made by a request of its own, as the newest. Returns 1 (adopted), or 0 when that number is known already.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_in_adopt
    @node_id        NVARCHAR(64),
    @org_code       VARCHAR(12),
    @opter          NVARCHAR(200),
    @sign_no        NVARCHAR(200),
    @valid_seconds  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @rows INT;

    BEGIN TRANSACTION;
    INSERT INTO dbo.medical_insurance_sign_ins (org_code, opter, update_time)
    SELECT @org_code, @opter, @now
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_sign_ins AS s WITH (UPDLOCK, HOLDLOCK) WHERE s.org_code = @org_code AND s.opter = @opter);
    UPDATE s
    SET state = 'SIGNED_IN', epoch = s.epoch + 1, sign_no = @sign_no, proved = 0, node_id = @node_id, lease_until = NULL,
        sign_time = @now, valid_until = DATEADD(SECOND, @valid_seconds, @now), retry_at = NULL, message = NULL,
        update_time = @now
    FROM dbo.medical_insurance_sign_ins AS s
    WHERE s.org_code = @org_code AND s.opter = @opter
      AND NOT (s.state = 'SIGNED_IN' AND COALESCE(s.valid_until, @now) > @now
               AND COALESCE(s.sign_no, N'') = @sign_no COLLATE Latin1_General_BIN2);
    SET @rows = @@ROWCOUNT;
    COMMIT TRANSACTION;
    SELECT @rows AS adopted;
END;
