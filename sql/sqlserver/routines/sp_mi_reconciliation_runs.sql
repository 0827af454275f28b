SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Report and schedule: the last run of each span that lies within @first_day to @last_day.
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_runs
    @first_day  DATE,
    @last_day   DATE
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT n.run_id, n.node_id, n.first_day, n.last_day, n.begin_time, n.end_time, n.outcome, n.settlements, n.differences, n.message
    FROM dbo.medical_insurance_reconciliation_runs AS n
    INNER JOIN (
        SELECT MAX(m.run_id) AS run_id
        FROM dbo.medical_insurance_reconciliation_runs AS m
        WHERE m.first_day >= @first_day AND m.first_day <= @last_day AND m.last_day <= @last_day
        GROUP BY m.first_day, m.last_day
    ) AS l ON l.run_id = n.run_id
    ORDER BY n.first_day, n.last_day;
END;
