-- Requests that are not done.
SELECT count(*) FROM public.medical_insurance_requests AS r
WHERE r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING', 'MANUAL')
