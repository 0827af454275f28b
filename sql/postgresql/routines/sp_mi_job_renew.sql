-- The node that runs a job: keeps its term. Returns 1 while the run is its own, else 0: it must stop.
CREATE OR REPLACE FUNCTION public.sp_mi_job_renew(
    p_run_id   bigint,
    p_node_id  varchar,
    p_seconds  integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_terms AS t
    SET term_until = clock_timestamp() + make_interval(secs => p_seconds)
    FROM public.medical_insurance_job_runs AS r
    WHERE r.run_id = p_run_id AND r.node_id = p_node_id AND r.outcome = 'RUNNING' AND t.job_name = r.job_name AND t.node_id = p_node_id;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
