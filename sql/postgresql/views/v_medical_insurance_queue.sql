-- What waits or runs now, by interface and status, and for how long the oldest has.
CREATE OR REPLACE VIEW public.v_medical_insurance_queue AS
SELECT r.interface_code, i.interface_name, r.status,
       count(*) AS request_count,
       min(r.create_time) AS oldest_request_time,
       round(extract(epoch FROM statement_timestamp() - min(r.create_time))::numeric, 0) AS oldest_age_seconds,
       count(CASE WHEN r.available_at IS NOT NULL THEN 1 END) AS backing_off
FROM public.medical_insurance_requests AS r
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
WHERE r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING', 'MANUAL')
GROUP BY r.interface_code, i.interface_name, r.status;
