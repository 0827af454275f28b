SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The last 24 hours' answers that took over five seconds.
CREATE OR ALTER VIEW dbo.v_medical_insurance_slow AS
SELECT v.request_id, v.interface_code, i.interface_name, v.request_time, v.seconds
FROM dbo.v_medical_insurance_durations AS v
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = v.interface_code
WHERE v.seconds > 5;
