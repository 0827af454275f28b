-- Any node: takes or keeps the term of a job that runs once per cluster, on the database's clock. Returns 1 to the leader, else 0.
CREATE OR REPLACE FUNCTION public.sp_mi_lead(
    p_job_name  varchar,
    p_node_id   varchar,
    p_seconds   integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_terms AS t
    SET node_id = p_node_id, term_until = v_now + make_interval(secs => p_seconds)
    WHERE t.job_name = p_job_name AND (t.node_id = p_node_id OR t.term_until <= v_now);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows = 0 THEN
        INSERT INTO public.medical_insurance_terms (job_name, node_id, term_until)
        VALUES (p_job_name, p_node_id, v_now + make_interval(secs => p_seconds))
        ON CONFLICT (job_name) DO NOTHING;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
    END IF;
    RETURN v_rows;
END;
$$;
