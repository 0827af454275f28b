SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Every send with its evidence, without payload: for auditors.
CREATE OR ALTER VIEW dbo.v_medical_insurance_attempts AS
SELECT a.attempt_id, a.request_id, r.interface_code, a.epoch, a.kind, a.msgid, a.node_id, a.body_hash,
       a.create_time, a.answer_time, a.outcome, a.infcode, a.fault, a.http_status, a.duration_ms
FROM dbo.medical_insurance_attempts AS a
INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = a.request_id;
