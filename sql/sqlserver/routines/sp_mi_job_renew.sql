SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The node that runs a job: keeps its term. Returns 1 while the run is its own, else 0 (held): it must stop.
--   @seconds: the term from now on
CREATE OR ALTER PROCEDURE dbo.sp_mi_job_renew
    @run_id   BIGINT,
    @node_id  NVARCHAR(64),
    @seconds  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    UPDATE t
    SET term_until = DATEADD(SECOND, @seconds, SYSUTCDATETIME())
    FROM dbo.medical_insurance_terms AS t
    INNER JOIN dbo.medical_insurance_job_runs AS r ON r.job_name = t.job_name
    WHERE r.run_id = @run_id AND r.node_id = @node_id AND r.outcome = 'RUNNING' AND t.node_id = @node_id;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS held;
END;
