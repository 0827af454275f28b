-- How did each interface do over the last 24 hours? Percentiles are nearest rank, in seconds. A request sent in parts
-- counts once, as HIS made it.
CREATE OR REPLACE VIEW public.v_medical_insurance_monitor AS
SELECT t.interface_code,
       i.interface_name,
       t.total_count,
       t.success_count,
       t.business_error_count,
       t.system_error_count,
       t.open_count,
       d.avg_seconds,
       d.p50_seconds,
       d.p95_seconds,
       d.p99_seconds,
       t.last_request_time
FROM (
    SELECT r.interface_code,
           count(*) AS total_count,
           count(CASE WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN 1 END) AS success_count,
           count(CASE WHEN r.status = 'COMPLETED' AND p.outcome <> 'OK' THEN 1 END) AS business_error_count,
           count(CASE WHEN r.status IN ('ERROR', 'TIMEOUT') THEN 1 END) AS system_error_count,
           count(CASE WHEN r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL') THEN 1 END) AS open_count,
           max(r.create_time) AS last_request_time
    FROM public.medical_insurance_requests AS r
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.create_time >= statement_timestamp() - interval '24 hours' AND r.parent_id IS NULL
    GROUP BY r.interface_code
) AS t
LEFT JOIN (
    SELECT v.interface_code,
           round(avg(v.seconds), 3) AS avg_seconds,
           min(CASE WHEN v.place * 100 >= v.places * 50 THEN v.seconds END) AS p50_seconds,
           min(CASE WHEN v.place * 100 >= v.places * 95 THEN v.seconds END) AS p95_seconds,
           min(CASE WHEN v.place * 100 >= v.places * 99 THEN v.seconds END) AS p99_seconds
    FROM public.v_medical_insurance_durations AS v
    GROUP BY v.interface_code
) AS d ON d.interface_code = t.interface_code
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = t.interface_code;
