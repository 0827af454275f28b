-- Removes what a measurement queued and claimed; the past stays.
DELETE FROM public.medical_insurance_requests AS r WHERE r.status IN ('PENDING', 'CLAIMED')
