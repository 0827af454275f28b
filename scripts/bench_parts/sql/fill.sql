-- Queues requests as HIS would, each for a patient of its own.
-- Parameters: how many; interface code; input with {{psn_no}} in it.
SELECT count(s.request_id)
FROM generate_series(1, ?::integer) AS g(n)
CROSS JOIN LATERAL public.sp_mi_submit(
    ?::varchar, replace(?::text, '{{psn_no}}', '99010100000' || lpad(g.n::text, 9, '0')), 86400, 3,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS s
