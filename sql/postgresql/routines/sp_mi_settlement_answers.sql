-- Bridge: reads on in the answers, in their own order, for settlements that are not in the account yet. Whether an answer is one is
-- said by its interface; what it says is read by the bridge, which knows every site's way of wrapping it.
-- p_codes: JSON array of interface codes; p_after: read behind this answer, null where the last reading ended; p_limit: most answers looked at.
-- upto_id: the last answer looked at. It comes even when none of them is a settlement; no row at all means that there is nothing further.
-- Answers are found by their own key: no index of the queue is touched, and no history is read twice. The planner is told so.
CREATE OR REPLACE FUNCTION public.sp_mi_settlement_answers(
    p_codes  text,
    p_after  bigint,
    p_limit  integer
) RETURNS TABLE (
    after_id        bigint,
    upto_id         bigint,
    response_id     bigint,
    request_id      bigint,
    interface_code  varchar,
    org_code        varchar,
    msgid           varchar,
    input_data      text,
    response_data   text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_after  bigint := p_after;
    v_upto   bigint;
BEGIN
    IF v_after IS NULL THEN
        SELECT c.counter_value INTO v_after FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'settlements';
    END IF;
    SELECT max(x.response_id) INTO v_upto
    FROM (SELECT p.response_id FROM public.medical_insurance_responses AS p
          WHERE p.response_id > v_after ORDER BY p.response_id LIMIT p_limit) AS x;
    IF v_upto IS NULL THEN
        RETURN;
    END IF;

    RETURN QUERY
    SELECT v_after, v_upto, f.response_id, f.request_id, f.interface_code, f.org_code, f.msgid, f.input_data, f.response_data
    FROM (SELECT 1 AS one) AS o
    LEFT JOIN (
        SELECT p.response_id, p.request_id, r.interface_code, r.org_code, p.msgid, r.input_data, p.response_data
        FROM public.medical_insurance_responses AS p
        JOIN public.medical_insurance_requests AS r ON r.request_id = p.request_id
        WHERE p.response_id > v_after AND p.response_id <= v_upto AND p.outcome = 'OK' AND r.status = 'COMPLETED'
          AND r.interface_code IN (SELECT j.value FROM json_array_elements_text(p_codes::json) AS j)
          AND NOT EXISTS (SELECT 1 FROM public.medical_insurance_settlements AS s WHERE s.request_id = p.request_id)
    ) AS f ON true;
END;
$$;
