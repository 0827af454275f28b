-- Limits in use: how much of each is taken now, and how many more requests it lets through.
CREATE OR REPLACE VIEW public.v_medical_insurance_limits AS
SELECT l.limit_id, l.org_code, l.interface_code, l.max_in_flight, f.in_flight, l.max_per_minute, m.last_minute,
       least(coalesce(l.max_in_flight - f.in_flight, 2147483647), coalesce(l.max_per_minute - m.last_minute, 2147483647)) AS room,
       CASE WHEN m.last_minute >= l.max_per_minute THEN m.first_bucket + interval '61 seconds' END AS waits_until,
       l.remark
FROM public.medical_insurance_limits AS l
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS in_flight
    FROM public.medical_insurance_requests AS r
    WHERE r.status IN ('CLAIMED', 'SENDING') AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
) AS f
CROSS JOIN LATERAL (
    SELECT coalesce(sum(u.taken), 0)::integer AS last_minute, min(u.bucket_time) AS first_bucket
    FROM public.medical_insurance_limit_usage AS u
    WHERE u.limit_id = l.limit_id AND u.bucket_time > clock_timestamp() - interval '61 seconds'
) AS m
WHERE l.enabled = 1;
