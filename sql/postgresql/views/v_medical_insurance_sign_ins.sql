-- Which operators are signed in at the platform, since when, until when and by which node; never the numbers.
CREATE OR REPLACE VIEW public.v_medical_insurance_sign_ins AS
SELECT s.org_code, s.opter,
       CASE WHEN s.state = 'SIGNED_IN' AND s.valid_until <= statement_timestamp() THEN 'EXPIRED' ELSE s.state END::varchar(10) AS state,
       s.proved, s.sign_time, s.valid_until, s.node_id, s.retry_at, s.message, s.update_time
FROM public.medical_insurance_sign_ins AS s;
