SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Any node: takes or keeps the term of a job that runs once per cluster, on the database's clock. Returns 1 to the leader, else 0 (leads).
--   @seconds: the term from now on
CREATE OR ALTER PROCEDURE dbo.sp_mi_lead
    @job_name  VARCHAR(64),
    @node_id   NVARCHAR(64),
    @seconds   INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @rows INT;

    UPDATE t
    SET node_id = @node_id, term_until = DATEADD(SECOND, @seconds, @now)
    FROM dbo.medical_insurance_terms AS t
    WHERE t.job_name = @job_name AND (t.node_id = @node_id OR t.term_until <= @now);
    SET @rows = @@ROWCOUNT;
    IF @rows = 0
    BEGIN
        INSERT INTO dbo.medical_insurance_terms (job_name, node_id, term_until)
        SELECT @job_name, @node_id, DATEADD(SECOND, @seconds, @now)
        WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_terms AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.job_name = @job_name);
        SET @rows = @@ROWCOUNT;
    END;
    SELECT @rows AS leads;
END;
