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
    v_now  timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT i.request_id, i.resolve_epoch, i.kind, i.msgid, i.body_hash
        FROM json_to_recordset(p_items::json) AS i(
            request_id bigint, resolve_epoch integer, kind varchar(10), msgid varchar(30), body_hash char(64))
    ), held AS MATERIALIZED (
        SELECT r.request_id
        FROM public.medical_insurance_requests AS r
        JOIN items AS i ON i.request_id = r.request_id AND i.resolve_epoch = r.resolve_epoch
        WHERE r.node_id = p_node_id AND r.lease_until >= v_now
          AND ((i.kind = 'reversal' AND r.status IN ('UNCERTAIN', 'REVERSING') AND r.money_class = 'M')
               OR (i.kind = 'inquiry' AND r.status = 'UNCERTAIN'))
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), stepped AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = CASE WHEN i.kind = 'reversal' THEN 'REVERSING' ELSE r.status END,
            resolve_tries = r.resolve_tries + CASE
                WHEN i.kind = 'reversal' AND NOT EXISTS (
                    SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.msgid = i.msgid AND a.request_id = i.request_id) THEN 1
                ELSE 0 END,
            update_time = CASE WHEN i.kind = 'reversal' AND r.status = 'UNCERTAIN' THEN v_now ELSE r.update_time END
        FROM items AS i
        JOIN held AS h ON h.request_id = i.request_id
        WHERE r.request_id = i.request_id
        RETURNING r.request_id, r.epoch
    ), journal AS (
        INSERT INTO public.medical_insurance_attempts (request_id, epoch, kind, msgid, node_id, body_hash, create_time)
        SELECT i.request_id, s.epoch, i.kind, i.msgid, p_node_id, i.body_hash, v_now
        FROM items AS i
        JOIN stepped AS s ON s.request_id = i.request_id
        WHERE NOT EXISTS (
            SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.msgid = i.msgid AND a.request_id = i.request_id)
    )
    SELECT s.request_id FROM stepped AS s;
END;
$$;
