-- Leader, once a day: forgets nodes that stopped a week ago with what they said of themselves, error lines older than half a year, sign-ins
-- of a month ago and alerts of sign-ins that nobody has tried for a day. Requests, answers and attempts stay.
CREATE OR REPLACE FUNCTION public.sp_mi_housekeep() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
    v_all   integer;
BEGIN
    DELETE FROM public.sdk_heartbeat AS h WHERE h.heartbeat_time < v_now - interval '7 days';
    GET DIAGNOSTICS v_all = ROW_COUNT;
    DELETE FROM public.medical_insurance_conditions AS c
    WHERE c.condition_type IN ('BREAKER_OPEN', 'PROFILE_REFUSED', 'RULES_REFUSED', 'SAGA_REFUSED') AND NOT EXISTS (
        SELECT 1 FROM public.sdk_heartbeat AS h WHERE h.node_id = c.subject);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_all := v_all + v_rows;
    DELETE FROM public.medical_insurance_sign_ins AS s WHERE s.update_time < v_now - interval '30 days';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_all := v_all + v_rows;
    DELETE FROM public.medical_insurance_conditions AS c
    WHERE c.condition_type = 'SIGN_IN_FAILED' AND c.update_time < v_now - interval '1 day';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_all := v_all + v_rows;
    DELETE FROM public.medical_insurance_error_log AS e WHERE e.create_time < v_now - interval '180 days';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_all + v_rows;
END;
$$;
