-- A hospital's past: requests that are done, with their answers and attempts, spread over a year.
-- Parameters: first and last number.
WITH numbers AS MATERIALIZED (
    SELECT g.n, date_trunc('milliseconds', now()) - interval '1 year' * random() AS at
    FROM generate_series(?::bigint, ?::bigint) AS g(n)
), requests AS (
    INSERT INTO public.medical_insurance_requests (
        interface_code, input_data, status, money_class, queue_rank, create_time, update_time, expires_at, epoch, sends, tries)
    SELECT '1101', '{"data":{"psn_no":"' || n.n || '"}}', 'COMPLETED', 'Q', floor(extract(epoch FROM n.at) * 1000)::bigint,
        n.at, n.at, n.at + interval '300 seconds', 1, 1, 1
    FROM numbers AS n
    RETURNING request_id, create_time
), responses AS (
    INSERT INTO public.medical_insurance_responses (request_id, response_data, infcode, err_msg, outcome, msgid, create_time)
    SELECT q.request_id, '{"infcode":0,"output":{}}', '0', '', 'OK', 'bench-' || q.request_id, q.create_time
    FROM requests AS q
)
INSERT INTO public.medical_insurance_attempts (
    request_id, epoch, msgid, node_id, body_hash, create_time, answer_time, outcome, infcode, http_status, duration_ms)
SELECT q.request_id, 1, 'bench-' || q.request_id, 'bench', repeat('0', 64), q.create_time, q.create_time, 'OK', '0', 200, 100
FROM requests AS q
