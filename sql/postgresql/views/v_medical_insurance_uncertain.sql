-- Requests that may have taken effect: every one stands here until it is known, with its age. A part of a larger request says of which, and
-- which rows it holds.
CREATE OR REPLACE VIEW public.v_medical_insurance_uncertain AS
SELECT r.request_id, r.interface_code, i.interface_name, r.org_code, r.status, r.money_class, r.create_time AS request_time,
       r.update_time AS since,
       round(extract(epoch FROM statement_timestamp() - r.update_time)::numeric, 0) AS age_seconds,
       a.msgid, a.outcome, a.fault, a.create_time AS sent_time, r.parent_id, r.first_row, r.first_row + r.row_count - 1 AS last_row
FROM public.medical_insurance_requests AS r
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
LEFT JOIN public.medical_insurance_attempts AS a
    ON a.request_id = r.request_id AND a.kind = 'original' AND a.epoch = r.epoch
WHERE r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL');
