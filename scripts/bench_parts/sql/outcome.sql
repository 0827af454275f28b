-- How a run ended: requests answered with OK, and when the last answer was written, in seconds since 1970.
SELECT count(*), extract(epoch FROM max(p.create_time))::double precision
FROM public.medical_insurance_responses AS p
JOIN public.medical_insurance_requests AS r ON r.request_id = p.request_id
WHERE r.status = 'COMPLETED' AND p.outcome = 'OK'
