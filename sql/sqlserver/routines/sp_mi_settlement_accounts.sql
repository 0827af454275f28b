SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: under which insurance types, clearing types and clearing agencies there were settlements from @begin to before @end.
-- A day's totals are asked of all of them: the platform may have a settlement where we had none that day.
CREATE OR ALTER PROCEDURE dbo.sp_mi_settlement_accounts
    @begin  DATETIME2(0),
    @end    DATETIME2(0)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT DISTINCT s.org_code, s.insutype, s.clr_type, s.clr_optins
    FROM dbo.medical_insurance_settlements AS s
    WHERE s.setl_time >= @begin AND s.setl_time < @end AND s.insutype <> N'' AND s.clr_type <> N'';
END;
