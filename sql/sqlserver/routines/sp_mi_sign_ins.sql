SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator and bridge: who is signed in; never the numbers.
CREATE OR ALTER PROCEDURE dbo.sp_mi_sign_ins
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT v.org_code, v.opter, v.state, v.proved, v.sign_time, v.valid_until, v.node_id, v.message
    FROM dbo.v_medical_insurance_sign_ins AS v
    ORDER BY v.org_code, v.opter;
END;
