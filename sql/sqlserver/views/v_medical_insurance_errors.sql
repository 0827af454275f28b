SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The error log, for auditors and DBAs.
CREATE OR ALTER VIEW dbo.v_medical_insurance_errors AS
SELECT e.error_id, e.create_time, e.source, e.error_code, e.error_message, e.request_id
FROM dbo.medical_insurance_error_log AS e;
