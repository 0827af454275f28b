SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: what came of signing in, from whoever holds the right to it: a number, or (@sign_no empty) why there is none and when to try
-- again. Returns 1 (taken), or 0 when the right had passed to somebody else.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_in_finish
    @node_id        NVARCHAR(64),
    @org_code       VARCHAR(12),
    @opter          NVARCHAR(200),
    @epoch          INT,
    @sign_no        NVARCHAR(200),
    @valid_seconds  INT,
    @message        NVARCHAR(4000),
    @retry_ms       INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @rows INT;

    UPDATE s
    SET state = CASE WHEN @sign_no = N'' THEN 'FAILED' ELSE 'SIGNED_IN' END,
        sign_no = NULLIF(@sign_no, N''),
        lease_until = NULL,
        sign_time = CASE WHEN @sign_no = N'' THEN NULL ELSE @now END,
        valid_until = CASE WHEN @sign_no = N'' THEN NULL ELSE DATEADD(SECOND, @valid_seconds, @now) END,
        retry_at = CASE WHEN @sign_no = N'' THEN DATEADD(MILLISECOND, @retry_ms, @now) END,
        message = CASE WHEN @sign_no = N'' THEN LEFT(@message, 500) END,
        update_time = @now
    FROM dbo.medical_insurance_sign_ins AS s
    WHERE s.org_code = @org_code AND s.opter = @opter AND s.epoch = @epoch
      AND s.node_id COLLATE Latin1_General_BIN2 = @node_id COLLATE Latin1_General_BIN2
      AND s.state IN ('SIGNING', 'SIGNED_IN', 'FAILED');
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS taken;
END;
