-- HIS: a large request that was sent in parts, one line a part: which rows, as HIS numbered them from 1, and what became of them.
CREATE OR REPLACE VIEW public.v_medical_insurance_parts AS
SELECT c.parent_id AS request_id,
       c.part_no,
       c.first_row,
       c.first_row + c.row_count - 1 AS last_row,
       CASE c.status
           WHEN 'CLAIMED' THEN 'PROCESSING' WHEN 'SENDING' THEN 'PROCESSING' WHEN 'UNCERTAIN' THEN 'PROCESSING'
           WHEN 'REVERSING' THEN 'PROCESSING' WHEN 'MANUAL' THEN 'PROCESSING' ELSE c.status END::varchar(10) AS status,
       CASE
           WHEN c.status = 'COMPLETED' AND p.outcome = 'OK' THEN 'SUCCESS'
           WHEN c.status = 'COMPLETED' THEN 'BUSINESS_ERROR'
           WHEN c.status = 'ERROR' THEN 'SYSTEM_ERROR'
           WHEN c.status IN ('TIMEOUT', 'CANCELLED', 'REVERSED') THEN c.status
           WHEN c.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL') THEN 'UNCERTAIN'
           ELSE 'PROCESSING' END::varchar(14) AS result_status,
       p.infcode,
       coalesce(p.err_msg, c.error_message) AS err_msg,
       coalesce(p.msgid, (
           SELECT a.msgid FROM public.medical_insurance_attempts AS a
           WHERE a.request_id = c.request_id AND a.kind = 'original' ORDER BY a.attempt_id DESC LIMIT 1)) AS msgid,
       p.response_data,
       c.request_id AS part_request_id,
       c.tries AS attempts,
       c.create_time AS request_time,
       p.create_time AS response_time,
       c.update_time
FROM public.medical_insurance_requests AS c
LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = c.request_id
WHERE c.parent_id IS NOT NULL;
