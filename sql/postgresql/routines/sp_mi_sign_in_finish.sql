-- Bridge: what came of signing in, from whoever holds the right to it: a number, or (p_sign_no empty) why there is none and when to try
-- again. Returns 1, or 0 when the right had passed to somebody else.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_in_finish(
    p_node_id        varchar,
    p_org_code       varchar,
    p_opter          varchar,
    p_epoch          integer,
    p_sign_no        varchar,
    p_valid_seconds  integer,
    p_message        varchar,
    p_retry_ms       integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_sign_ins AS s
    SET state = CASE WHEN p_sign_no = '' THEN 'FAILED' ELSE 'SIGNED_IN' END,
        sign_no = nullif(p_sign_no, ''),
        lease_until = NULL,
        sign_time = CASE WHEN p_sign_no = '' THEN NULL ELSE v_now END,
        valid_until = CASE WHEN p_sign_no = '' THEN NULL ELSE v_now + make_interval(secs => p_valid_seconds) END,
        retry_at = CASE WHEN p_sign_no = '' THEN v_now + make_interval(secs => p_retry_ms / 1000.0) END,
        message = CASE WHEN p_sign_no = '' THEN left(p_message, 500) END,
        update_time = v_now
    WHERE s.org_code = p_org_code AND s.opter = p_opter AND s.epoch = p_epoch AND s.node_id = p_node_id
      AND s.state IN ('SIGNING', 'SIGNED_IN', 'FAILED');
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
