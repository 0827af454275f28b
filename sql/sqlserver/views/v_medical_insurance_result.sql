SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: every request with its answer. The first ten columns are the contract, in this order.
-- The parts of a large request are not HIS's own requests: they stand in v_medical_insurance_parts.
-- business_key is given in the database's own collation, so that HIS may join its tables to it.
CREATE OR ALTER VIEW dbo.v_medical_insurance_result AS
SELECT r.request_id,
       r.interface_code,
       r.input_data,
       CONVERT(VARCHAR(10), CASE r.status
           WHEN 'CLAIMED' THEN 'PROCESSING' WHEN 'SENDING' THEN 'PROCESSING' WHEN 'UNCERTAIN' THEN 'PROCESSING'
           WHEN 'REVERSING' THEN 'PROCESSING' WHEN 'MANUAL' THEN 'PROCESSING' WHEN 'DIVIDED' THEN 'PROCESSING' ELSE r.status END) AS status,
       r.create_time AS request_time,
       p.response_data,
       p.infcode,
       COALESCE(p.err_msg, r.error_message) AS err_msg,
       p.create_time AS response_time,
       CONVERT(VARCHAR(14), CASE
           WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN 'SUCCESS'
           WHEN r.status = 'COMPLETED' THEN 'BUSINESS_ERROR'
           WHEN r.status = 'ERROR' THEN 'SYSTEM_ERROR'
           WHEN r.status IN ('TIMEOUT', 'CANCELLED', 'REVERSED') THEN r.status
           WHEN r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL') THEN 'UNCERTAIN'
           WHEN r.status = 'DIVIDED' AND EXISTS (
               SELECT 1 FROM dbo.medical_insurance_requests AS c
               WHERE c.parent_id = r.request_id AND c.parent_id IS NOT NULL AND c.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL')) THEN 'UNCERTAIN'
           ELSE 'PROCESSING' END) AS result_status,
       r.request_id AS result_id,
       i.interface_name,
       r.error_code,
       r.error_message,
       r.tries AS attempts,
       p.msgid,
       p.inf_refmsgid,
       p.serial_no,
       p.outcome,
       r.business_key COLLATE DATABASE_DEFAULT AS business_key,
       r.org_code,
       r.update_time,
       r.check_report
FROM dbo.medical_insurance_requests AS r
LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
WHERE r.parent_id IS NULL;
