SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the platform has taken this sign-in's number; whatever alert there was of it is over. Returns 1 (proved), or 0 when it is of the past.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_in_proved
    @org_code  VARCHAR(12),
    @opter     NVARCHAR(200),
    @epoch     INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    BEGIN TRANSACTION;
    UPDATE s
    SET proved = 1
    FROM dbo.medical_insurance_sign_ins AS s
    WHERE s.org_code = @org_code AND s.opter = @opter AND s.epoch = @epoch AND s.state = 'SIGNED_IN';
    SET @rows = @@ROWCOUNT;
    IF @rows > 0
        DELETE c FROM dbo.medical_insurance_conditions AS c
        WHERE c.condition_type = 'SIGN_IN_FAILED' AND c.subject = @org_code + N' ' + @opter;
    COMMIT TRANSACTION;
    SELECT @rows AS proved;
END;
