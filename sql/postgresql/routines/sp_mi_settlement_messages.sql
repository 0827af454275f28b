-- Bridge: which requests of ours messages belong to, and how those stand.
-- p_items: JSON array of {msgid}. outcome: what the request's answer proved, empty without one.
CREATE OR REPLACE FUNCTION public.sp_mi_settlement_messages(
    p_items  text
) RETURNS TABLE (
    msgid           varchar,
    request_id      bigint,
    interface_code  varchar,
    status          varchar,
    outcome         varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.msgid, r.request_id, r.interface_code, r.status, coalesce(p.outcome, '')::varchar
    FROM public.medical_insurance_attempts AS a
    JOIN public.medical_insurance_requests AS r ON r.request_id = a.request_id
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE a.msgid IN (SELECT left(i.msgid, 30) FROM json_to_recordset(p_items::json) AS i(msgid text));
END;
$$;
