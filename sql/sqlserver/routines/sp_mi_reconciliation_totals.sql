SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Report: what was last found of each account, for spans that lie within @first_day to @last_day.
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_totals
    @first_day  DATE,
    @last_day   DATE
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT t.first_day, t.last_day, t.org_code, t.insutype, t.clr_type, t.setl_optins, t.settlements, t.medfee_sumamt, t.fund_pay_sumamt,
           t.acct_pay, t.outcome, t.message, t.detailed, t.create_time
    FROM dbo.medical_insurance_reconciliation_totals AS t
    INNER JOIN (
        SELECT n.first_day, n.last_day, MAX(n.run_id) AS run_id
        FROM dbo.medical_insurance_reconciliation_runs AS n
        WHERE n.first_day >= @first_day AND n.first_day <= @last_day AND n.last_day <= @last_day AND n.end_time IS NOT NULL
        GROUP BY n.first_day, n.last_day
    ) AS l ON l.run_id = t.run_id
    ORDER BY t.first_day, t.last_day, t.org_code, t.insutype, t.clr_type, t.setl_optins;
END;
