SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: the last run of each daily job, and its last success.
CREATE OR ALTER PROCEDURE dbo.sp_mi_jobs
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT v.job_name, v.job_date, v.outcome, v.message, v.node_id, v.start_time, v.finish_time, v.last_success
    FROM dbo.v_medical_insurance_jobs AS v
    ORDER BY v.job_name;
END;
