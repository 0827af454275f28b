-- Seconds from request to answer of the last 24 hours, each with its place among its interface's, for the percentiles.
CREATE OR REPLACE VIEW public.v_medical_insurance_durations AS
SELECT r.interface_code,
       r.request_id,
       r.create_time AS request_time,
       round(extract(epoch FROM p.create_time - r.create_time)::numeric, 3) AS seconds,
       row_number() OVER (PARTITION BY r.interface_code ORDER BY p.create_time - r.create_time) AS place,
       count(*) OVER (PARTITION BY r.interface_code) AS places
FROM public.medical_insurance_requests AS r
JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
WHERE r.create_time >= statement_timestamp() - interval '24 hours' AND r.parent_id IS NULL;
