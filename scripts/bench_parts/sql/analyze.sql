-- What autovacuum does within a minute of any real queue's life.
ANALYZE public.medical_insurance_requests, public.medical_insurance_responses, public.medical_insurance_attempts
