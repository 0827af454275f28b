-- Operator: every send of one request, oldest first, without payload.
CREATE OR REPLACE FUNCTION public.sp_mi_request_attempts(
    p_request_id  bigint
) RETURNS TABLE (
    attempt_id   bigint,
    epoch        integer,
    kind         varchar,
    msgid        varchar,
    node_id      varchar,
    body_hash    char(64),
    create_time  timestamptz,
    answer_time  timestamptz,
    outcome      varchar,
    infcode      varchar,
    fault        varchar,
    http_status  integer,
    duration_ms  integer
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.attempt_id, a.epoch, a.kind, a.msgid, a.node_id, a.body_hash, a.create_time, a.answer_time, a.outcome, a.infcode,
           a.fault, a.http_status, a.duration_ms
    FROM public.medical_insurance_attempts AS a
    WHERE a.request_id = p_request_id
    ORDER BY a.attempt_id;
END;
$$;
