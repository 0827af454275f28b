SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Report: the cases of the days @first_day to @last_day, without names, the patient's number masked.
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_cases
    @first_day  DATE,
    @last_day   DATE
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT v.case_id, v.stmt_day, v.kind, v.kind_name, v.case_state, v.org_code, v.insutype, v.clr_type, v.setl_optins,
           v.request_id, v.interface_code, v.request_status, v.msgid, v.setl_id, v.mdtrt_id, v.psn_no, v.our_medfee_sumamt,
           v.our_fund_pay_sumamt, v.our_acct_pay, v.their_medfee_sumamt, v.their_fund_pay_sumamt, v.their_acct_pay, v.differing,
           v.their_words, v.first_seen, v.last_seen, v.gone_time, v.closed_by, v.close_reason, v.close_time, v.next_step
    FROM dbo.v_medical_insurance_reconciliation AS v
    WHERE v.stmt_day >= @first_day AND v.stmt_day <= @last_day
    ORDER BY v.stmt_day, v.case_id;
END;
