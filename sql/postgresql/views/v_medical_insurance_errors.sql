-- The error log, for auditors and DBAs.
CREATE OR REPLACE VIEW public.v_medical_insurance_errors AS
SELECT e.error_id, e.create_time, e.source, e.error_code, e.error_message, e.request_id
FROM public.medical_insurance_error_log AS e;
