SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Resolver only: the patients' numbers of the cases of the days @first_day to @last_day, in clear.
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_patients
    @first_day  DATE,
    @last_day   DATE
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT k.case_id, k.psn_no
    FROM dbo.medical_insurance_reconciliation_cases AS k
    WHERE k.stmt_day >= @first_day AND k.stmt_day <= @last_day AND k.psn_no <> ''
    ORDER BY k.case_id;
END;
