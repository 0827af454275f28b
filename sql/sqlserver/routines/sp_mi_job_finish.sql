SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The node that runs a job: says what became of it, and lets others see at once. Returns 1 if the run was still its own, else 0 (held).
--   @outcome: SUCCEEDED, FAILED or STOPPED (told to stop: another node goes on)
CREATE OR ALTER PROCEDURE dbo.sp_mi_job_finish
    @run_id   BIGINT,
    @node_id  NVARCHAR(64),
    @outcome  VARCHAR(10),
    @message  NVARCHAR(4000)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    BEGIN TRANSACTION;
    UPDATE r
    SET outcome = @outcome, message = LEFT(@message, 500), finish_time = SYSDATETIME()
    FROM dbo.medical_insurance_job_runs AS r
    WHERE r.run_id = @run_id AND r.node_id = @node_id AND r.outcome = 'RUNNING';
    SET @rows = @@ROWCOUNT;
    IF @rows > 0
        UPDATE t
        SET term_until = SYSUTCDATETIME()
        FROM dbo.medical_insurance_terms AS t
        INNER JOIN dbo.medical_insurance_job_runs AS r ON r.job_name = t.job_name
        WHERE r.run_id = @run_id AND t.node_id = @node_id;
    COMMIT TRANSACTION;
    SELECT @rows AS held;
END;
