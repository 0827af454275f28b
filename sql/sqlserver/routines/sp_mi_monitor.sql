SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator and demo: the monitor view through the bridge's own role.
CREATE OR ALTER PROCEDURE dbo.sp_mi_monitor
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SELECT m.interface_code, m.interface_name, m.total_count, m.success_count, m.business_error_count, m.system_error_count,
           m.open_count, m.avg_seconds, m.p50_seconds, m.p95_seconds, m.p99_seconds, m.last_request_time
    FROM dbo.v_medical_insurance_monitor AS m
    ORDER BY m.interface_code;
END;
