-- The last 24 hours' answers that took over five seconds.
CREATE OR REPLACE VIEW public.v_medical_insurance_slow AS
SELECT v.request_id, v.interface_code, i.interface_name, v.request_time, v.seconds
FROM public.v_medical_insurance_durations AS v
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = v.interface_code
WHERE v.seconds > 5;
