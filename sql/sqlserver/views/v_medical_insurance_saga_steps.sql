SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Every step a saga has taken, forward and back, with its request. No payload: the answers stand in v_medical_insurance_result.
CREATE OR ALTER VIEW dbo.v_medical_insurance_saga_steps AS
SELECT t.saga_id, t.step_order, t.step_code, t.direction, t.attempt, t.interface_code, i.interface_name, t.request_id,
       CONVERT(VARCHAR(10), COALESCE(r.status, 'ERROR')) AS status, p.infcode,
       CONVERT(NVARCHAR(500), COALESCE(t.error_message, r.error_message)) AS error_message,
       t.create_time, r.update_time
FROM dbo.medical_insurance_saga_steps AS t
LEFT JOIN dbo.medical_insurance_requests AS r ON r.request_id = t.request_id
LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = t.request_id
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = t.interface_code;
