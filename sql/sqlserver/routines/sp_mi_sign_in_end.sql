SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the number has been signed out (9002): nobody takes it any more. Returns 1 (ended), or 0 when it was not the one in use.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_in_end
    @org_code  VARCHAR(12),
    @opter     NVARCHAR(200),
    @sign_no   NVARCHAR(200)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    UPDATE s
    SET state = 'SIGNED_OUT', epoch = s.epoch + 1, sign_no = NULL, proved = 0, valid_until = NULL, update_time = SYSUTCDATETIME()
    FROM dbo.medical_insurance_sign_ins AS s
    WHERE s.org_code = @org_code AND s.opter = @opter AND s.state = 'SIGNED_IN' AND s.sign_no = @sign_no COLLATE Latin1_General_BIN2;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS ended;
END;
