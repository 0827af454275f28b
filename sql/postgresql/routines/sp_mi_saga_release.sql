-- Bridge: gives a leased saga back unchanged, to be taken up again after a delay; 0 lets it wait for its step as before.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_release(
    p_node_id   varchar,
    p_saga_id   bigint,
    p_epoch     integer,
    p_delay_ms  integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_sagas AS s
    SET due_at = CASE WHEN p_delay_ms > 0 OR s.watched_request_id IS NULL
                      THEN clock_timestamp() + make_interval(secs => p_delay_ms / 1000.0) END
    WHERE s.saga_id = p_saga_id AND s.epoch = p_epoch AND s.node_id = p_node_id AND s.due_at IS NOT NULL;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
