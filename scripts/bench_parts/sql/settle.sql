-- What autovacuum would have done long ago.
VACUUM (ANALYZE, FREEZE) public.medical_insurance_requests, public.medical_insurance_responses, public.medical_insurance_attempts
