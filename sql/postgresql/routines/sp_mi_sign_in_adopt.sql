-- Bridge: takes over a sign-in that HIS made by a request of its own, as the newest. Returns 1, or 0 when that number is known already.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_in_adopt(
    p_node_id        varchar,
    p_org_code       varchar,
    p_opter          varchar,
    p_sign_no        varchar,
    p_valid_seconds  integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    INSERT INTO public.medical_insurance_sign_ins (org_code, opter, update_time)
    VALUES (p_org_code, p_opter, v_now)
    ON CONFLICT (org_code, opter) DO NOTHING;
    UPDATE public.medical_insurance_sign_ins AS s
    SET state = 'SIGNED_IN', epoch = s.epoch + 1, sign_no = p_sign_no, proved = 0, node_id = p_node_id, lease_until = NULL,
        sign_time = v_now, valid_until = v_now + make_interval(secs => p_valid_seconds), retry_at = NULL, message = NULL,
        update_time = v_now
    WHERE s.org_code = p_org_code AND s.opter = p_opter
      AND NOT (s.state = 'SIGNED_IN' AND s.valid_until > v_now AND coalesce(s.sign_no, '') = p_sign_no);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
