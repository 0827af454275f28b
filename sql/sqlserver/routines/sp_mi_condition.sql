SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: reports a lasting condition (sign-in failed, breaker open) or, with an empty message, its end.
--   @condition_type: named like its alert;  @subject: node, line or operator;  @message: in Chinese, for HIS's alert list
CREATE OR ALTER PROCEDURE dbo.sp_mi_condition
    @condition_type  VARCHAR(32),
    @subject         NVARCHAR(64),
    @message         NVARCHAR(4000)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();

    IF COALESCE(@message, N'') = N''
        DELETE c FROM dbo.medical_insurance_conditions AS c
        WHERE c.condition_type = @condition_type AND c.subject = @subject;
    ELSE
    BEGIN
        UPDATE c
        SET message = LEFT(@message, 500), update_time = @local_now
        FROM dbo.medical_insurance_conditions AS c
        WHERE c.condition_type = @condition_type AND c.subject = @subject;
        IF @@ROWCOUNT = 0
            INSERT INTO dbo.medical_insurance_conditions (condition_type, subject, message, create_time, update_time)
            SELECT @condition_type, @subject, LEFT(@message, 500), @local_now, @local_now
            WHERE NOT EXISTS (
                SELECT 1 FROM dbo.medical_insurance_conditions AS c WITH (UPDLOCK, HOLDLOCK)
                WHERE c.condition_type = @condition_type AND c.subject = @subject);
    END;
    SELECT 1 AS done;
END;
