-- Operator and demo: the result view's lines of the given requests, in the view's words. p_ids: JSON array of request ids.
CREATE OR REPLACE FUNCTION public.sp_mi_request_result(
    p_ids  text
) RETURNS TABLE (
    request_id      bigint,
    interface_code  varchar,
    interface_name  varchar,
    status          varchar,
    result_status   varchar,
    infcode         varchar,
    err_msg         text,
    error_code      integer,
    attempts        integer,
    msgid           varchar,
    request_time    timestamptz,
    response_time   timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.request_id, v.interface_code, v.interface_name, v.status, v.result_status, v.infcode, v.err_msg, v.error_code, v.attempts,
           v.msgid, v.request_time, v.response_time
    FROM public.v_medical_insurance_result AS v
    JOIN json_array_elements_text(p_ids::json) AS i(id) ON i.id::bigint = v.request_id
    ORDER BY v.request_id;
END;
$$;
