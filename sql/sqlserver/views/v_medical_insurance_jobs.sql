SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The last run of each daily job, and when it last succeeded.
CREATE OR ALTER VIEW dbo.v_medical_insurance_jobs AS
SELECT r.job_name, r.job_date, r.outcome, r.message, r.node_id, r.start_time, r.finish_time,
       (SELECT MAX(s.finish_time) FROM dbo.medical_insurance_job_runs AS s
        WHERE s.job_name = r.job_name AND s.outcome = 'SUCCEEDED') AS last_success
FROM dbo.medical_insurance_job_runs AS r
WHERE NOT EXISTS (
    SELECT 1 FROM dbo.medical_insurance_job_runs AS n WHERE n.job_name = r.job_name AND n.run_id > r.run_id);
