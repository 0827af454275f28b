SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Any node: asks whether it may run a daily job now, and begins the run if so; one node in the cluster, once a day, on the database's
-- clock. verdict: RUN (run_id is the run; keep it by sp_mi_job_renew), DONE (it succeeded for that day), BUSY (another node runs it;
-- ask again after wait_seconds), LATER (it failed a moment ago; ask again after wait_seconds).
--   @job_date: the local day;  @seconds: the term;  @retry_seconds: the pause after a failure;  @force: 1 runs it though it succeeded
CREATE OR ALTER PROCEDURE dbo.sp_mi_job_begin
    @job_name       VARCHAR(64),
    @job_date       DATE,
    @node_id        NVARCHAR(64),
    @seconds        INT,
    @retry_seconds  INT,
    @force          INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @leads INT;
    DECLARE @done BIT = 0;
    DECLARE @wait INT;
    DECLARE @verdict VARCHAR(5);
    DECLARE @run BIGINT;

    BEGIN TRANSACTION;
    -- as in sp_mi_lead, which answers with a row and so cannot be called here
    UPDATE t
    SET node_id = @node_id, term_until = DATEADD(SECOND, @seconds, @now)
    FROM dbo.medical_insurance_terms AS t
    WHERE t.job_name = @job_name AND (t.node_id = @node_id OR t.term_until <= @now);
    SET @leads = @@ROWCOUNT;
    IF @leads = 0
    BEGIN
        INSERT INTO dbo.medical_insurance_terms (job_name, node_id, term_until)
        SELECT @job_name, @node_id, DATEADD(SECOND, @seconds, @now)
        WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_terms AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.job_name = @job_name);
        SET @leads = @@ROWCOUNT;
    END;
    IF @leads = 0
    BEGIN
        SELECT @wait = DATEDIFF(SECOND, @now, t.term_until) + 1
        FROM dbo.medical_insurance_terms AS t WHERE t.job_name = @job_name;
        SET @wait = CASE WHEN @wait > 1 THEN @wait ELSE 1 END;
        SET @verdict = 'BUSY';
    END
    ELSE
    BEGIN
        -- the term is ours, so whatever still stands as running has died
        UPDATE r
        SET outcome = 'STOPPED', message = N'运行的节点失联，任务中断', finish_time = @local_now
        FROM dbo.medical_insurance_job_runs AS r
        WHERE r.job_name = @job_name AND r.outcome = 'RUNNING';
        IF EXISTS (
            SELECT 1 FROM dbo.medical_insurance_job_runs AS r
            WHERE r.job_name = @job_name AND r.job_date = @job_date AND r.outcome = 'SUCCEEDED')
            SET @done = 1;
        SET @wait = @retry_seconds - DATEDIFF(SECOND, (
            SELECT TOP (1) r.finish_time
            FROM dbo.medical_insurance_job_runs AS r
            WHERE r.job_name = @job_name AND r.job_date = @job_date AND r.outcome = 'FAILED'
            ORDER BY r.run_id DESC), @local_now);
        IF @force = 0 AND (@done = 1 OR COALESCE(@wait, 0) > 0)
        BEGIN
            UPDATE t
            SET term_until = @now
            FROM dbo.medical_insurance_terms AS t
            WHERE t.job_name = @job_name AND t.node_id = @node_id;
            SET @verdict = CASE WHEN @done = 1 THEN 'DONE' ELSE 'LATER' END;
            SET @wait = CASE WHEN @done = 1 THEN 0 ELSE @wait END;
        END
        ELSE
        BEGIN
            INSERT INTO dbo.medical_insurance_job_runs (job_name, job_date, node_id, start_time)
            VALUES (@job_name, @job_date, @node_id, @local_now);
            SET @run = SCOPE_IDENTITY();
            SET @verdict = 'RUN';
            SET @wait = 0;
        END;
    END;
    COMMIT TRANSACTION;
    SELECT @verdict AS verdict, @run AS run_id, @wait AS wait_seconds;
END;
