-- What waits or runs now, by interface and status, and for how long the oldest has. One branch for each partial index, so that ten
-- million finished rows are not looked at. Of a request sent in parts the parts are counted, not itself: they are what waits and runs.
CREATE OR REPLACE VIEW public.v_medical_insurance_queue AS
SELECT o.interface_code, i.interface_name, o.status,
       count(*) AS request_count,
       min(o.create_time) AS oldest_request_time,
       round(extract(epoch FROM statement_timestamp() - min(o.create_time))::numeric, 0) AS oldest_age_seconds,
       count(CASE WHEN o.status = 'PENDING' AND o.available_at IS NOT NULL THEN 1 END) AS backing_off
FROM (
    SELECT r.interface_code, r.status, r.create_time, r.available_at
    FROM public.medical_insurance_requests AS r
    WHERE r.status = 'PENDING' AND r.available_at IS NULL
    UNION ALL
    SELECT r.interface_code, r.status, r.create_time, r.available_at
    FROM public.medical_insurance_requests AS r
    WHERE r.status = 'PENDING' AND r.available_at IS NOT NULL
    UNION ALL
    SELECT r.interface_code, r.status, r.create_time, r.available_at
    FROM public.medical_insurance_requests AS r
    WHERE r.status IN ('CLAIMED', 'SENDING')
    UNION ALL
    SELECT r.interface_code, r.status, r.create_time, r.available_at
    FROM public.medical_insurance_requests AS r
    WHERE r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL')
) AS o
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = o.interface_code
GROUP BY o.interface_code, i.interface_name, o.status;
