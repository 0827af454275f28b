-- Resolver: the intent of an inquiry or a reversal, committed before its first byte leaves. A reversal's intent makes the request
-- REVERSING: from here a success is no longer reachable. Only the requests it returns may be sent; a repeated call returns the same.
-- p_items: JSON array of {request_id, resolve_epoch, kind, msgid, body_hash}.
CREATE OR REPLACE FUNCTION public.sp_mi_begin_step(
    p_node_id  varchar,
    p_items    text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.item_no, i.request_id, i.resolve_epoch, i.kind, i.msgid, i.body_hash
        FROM ROWS FROM (json_to_recordset(p_items::json) AS (
            request_id bigint, resolve_epoch integer, kind varchar(10), msgid varchar(30), body_hash char(64)
        )) WITH ORDINALITY AS i(request_id, resolve_epoch, kind, msgid, body_hash, item_no)
    ), held AS MATERIALIZED (
        SELECT i.item_no, i.request_id, i.kind, i.msgid, i.body_hash
        FROM public.medical_insurance_requests AS r
        JOIN items AS i ON i.request_id = r.request_id AND i.resolve_epoch = r.resolve_epoch
        WHERE r.node_id = p_node_id AND r.lease_until >= v_now
          AND ((i.kind = 'reversal' AND r.status IN ('UNCERTAIN', 'REVERSING') AND r.money_class = 'M')
               OR (i.kind = 'inquiry' AND r.status = 'UNCERTAIN'))
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), legal AS MATERIALIZED (
        -- one item a request: the last one that is legal
        SELECT DISTINCT ON (h.request_id) h.request_id, h.kind, h.msgid, h.body_hash,
            NOT EXISTS (
                SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.msgid = h.msgid AND a.request_id = h.request_id) AS fresh
        FROM held AS h
        ORDER BY h.request_id, h.item_no DESC
    ), stepped AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = CASE WHEN l.kind = 'reversal' THEN 'REVERSING' ELSE r.status END,
            resolve_tries = r.resolve_tries + CASE WHEN l.kind = 'reversal' AND l.fresh THEN 1 ELSE 0 END,
            update_time = CASE WHEN l.kind = 'reversal' AND r.status = 'UNCERTAIN' THEN v_now ELSE r.update_time END
        FROM legal AS l
        WHERE r.request_id = l.request_id
        RETURNING r.request_id, r.epoch
    ), journal AS (
        -- what a call repeated did not write the first time
        INSERT INTO public.medical_insurance_attempts (request_id, epoch, kind, msgid, node_id, body_hash, create_time)
        SELECT l.request_id, s.epoch, l.kind, l.msgid, p_node_id, l.body_hash, v_now
        FROM legal AS l
        JOIN stepped AS s ON s.request_id = l.request_id
        WHERE l.fresh
    )
    SELECT s.request_id FROM stepped AS s;
END;
$$;
