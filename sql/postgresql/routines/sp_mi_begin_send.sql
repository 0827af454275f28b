-- Bridge: the intent of class M and N. Commits one attempt with its msgid for each request that is still this epoch's,
-- before its first byte leaves. Only the requests it returns may be sent. A repeated call (the first answer was lost) returns
-- what the first wrote.
-- p_items: JSON array of {request_id, epoch, msgid, body_hash}.
-- Rows are reached by their keys only, and said so to the planner: its plans are made while the tables are empty, and kept.
CREATE OR REPLACE FUNCTION public.sp_mi_begin_send(
    p_node_id        varchar,
    p_lease_seconds  integer,
    p_items          text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.request_id, i.epoch, i.msgid, i.body_hash
        FROM json_to_recordset(p_items::json) AS i(request_id bigint, epoch integer, msgid varchar(30), body_hash char(64))
    ), held AS MATERIALIZED (
        SELECT r.request_id, r.epoch
        FROM public.medical_insurance_requests AS r
        JOIN items AS i ON i.request_id = r.request_id AND i.epoch = r.epoch
        WHERE r.request_id = ANY (ARRAY(SELECT k.request_id FROM items AS k)) AND r.status = 'CLAIMED' AND r.node_id = p_node_id
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), sending AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = 'SENDING', sends = r.sends + 1, update_time = v_now, lease_until = v_now + make_interval(secs => p_lease_seconds)
        FROM held AS h
        WHERE r.request_id = ANY (ARRAY(SELECT k.request_id FROM held AS k)) AND r.request_id = h.request_id AND r.status = 'CLAIMED'
        RETURNING r.request_id
    ), journal AS (
        INSERT INTO public.medical_insurance_attempts (request_id, epoch, msgid, node_id, body_hash, create_time)
        SELECT i.request_id, i.epoch, i.msgid, p_node_id, i.body_hash, v_now
        FROM items AS i
        JOIN held AS h ON h.request_id = i.request_id AND h.epoch = i.epoch
        JOIN sending AS s ON s.request_id = i.request_id
    )
    SELECT s.request_id FROM sending AS s
    UNION ALL
    SELECT i.request_id
    FROM items AS i
    JOIN public.medical_insurance_requests AS r ON r.request_id = i.request_id AND r.epoch = i.epoch
    JOIN public.medical_insurance_attempts AS a ON a.msgid = i.msgid AND a.request_id = i.request_id
    WHERE r.request_id = ANY (ARRAY(SELECT k.request_id FROM items AS k)) AND a.msgid = ANY (ARRAY(SELECT k.msgid FROM items AS k))
      AND r.status = 'SENDING' AND r.node_id = p_node_id AND a.answer_time IS NULL;
END;
$$;
