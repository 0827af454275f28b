SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the settlements and refunds whose time by the platform lies from @begin to before @end, less those that 2601 has reversed.
CREATE OR ALTER PROCEDURE dbo.sp_mi_settlements
    @begin  DATETIME2(0),
    @end    DATETIME2(0)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT s.request_id, s.interface_code, s.org_code, s.kind, s.msgid, s.setl_id, s.mdtrt_id, s.psn_no, s.insutype, s.clr_type,
           s.clr_optins, s.setl_time, s.medfee_sumamt, s.fund_pay_sumamt, s.acct_pay, s.psn_cash_pay
    FROM dbo.medical_insurance_settlements AS s
    WHERE s.setl_time >= @begin AND s.setl_time < @end AND s.kind IN ('SETTLEMENT', 'REFUND')
      AND NOT EXISTS (
          SELECT 1 FROM dbo.medical_insurance_settlements AS v
          WHERE v.kind = 'REVERSAL' AND v.undoes = s.msgid AND s.msgid <> '' AND v.org_code = s.org_code)
    ORDER BY s.setl_time, s.request_id;
END;
