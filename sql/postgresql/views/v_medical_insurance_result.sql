-- HIS: every request with its answer. The first ten columns are the contract, in this order.
-- The parts of a large request are not HIS's own requests: they stand in v_medical_insurance_parts.
CREATE OR REPLACE VIEW public.v_medical_insurance_result AS
SELECT r.request_id,
       r.interface_code,
       r.input_data,
       CASE r.status
           WHEN 'CLAIMED' THEN 'PROCESSING' WHEN 'SENDING' THEN 'PROCESSING' WHEN 'UNCERTAIN' THEN 'PROCESSING'
           WHEN 'REVERSING' THEN 'PROCESSING' WHEN 'MANUAL' THEN 'PROCESSING' WHEN 'DIVIDED' THEN 'PROCESSING' ELSE r.status END::varchar(10) AS status,
       r.create_time AS request_time,
       p.response_data,
       p.infcode,
       coalesce(p.err_msg, r.error_message) AS err_msg,
       p.create_time AS response_time,
       CASE
           WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN 'SUCCESS'
           WHEN r.status = 'COMPLETED' THEN 'BUSINESS_ERROR'
           WHEN r.status = 'ERROR' THEN 'SYSTEM_ERROR'
           WHEN r.status IN ('TIMEOUT', 'CANCELLED', 'REVERSED') THEN r.status
           WHEN r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL') THEN 'UNCERTAIN'
           WHEN r.status = 'DIVIDED' AND EXISTS (
               SELECT 1 FROM public.medical_insurance_requests AS c
               WHERE c.parent_id = r.request_id AND c.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL')) THEN 'UNCERTAIN'
           ELSE 'PROCESSING' END::varchar(14) AS result_status,
       r.request_id AS result_id,
       i.interface_name,
       r.error_code,
       r.error_message,
       r.tries AS attempts,
       p.msgid,
       p.inf_refmsgid,
       p.serial_no,
       p.outcome,
       r.business_key,
       r.org_code,
       r.update_time,
       r.check_report
FROM public.medical_insurance_requests AS r
LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
WHERE r.parent_id IS NULL;
