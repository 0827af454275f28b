-- The node that runs a job: says what became of it, and lets others see at once. Returns 1 if the run was still its own, else 0.
-- p_outcome: SUCCEEDED, FAILED or STOPPED (told to stop: another node goes on)
CREATE OR REPLACE FUNCTION public.sp_mi_job_finish(
    p_run_id   bigint,
    p_node_id  varchar,
    p_outcome  varchar,
    p_message  varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_job_runs AS r
    SET outcome = p_outcome, message = left(p_message, 500), finish_time = v_now
    WHERE r.run_id = p_run_id AND r.node_id = p_node_id AND r.outcome = 'RUNNING';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows > 0 THEN
        UPDATE public.medical_insurance_terms AS t
        SET term_until = v_now
        FROM public.medical_insurance_job_runs AS r
        WHERE r.run_id = p_run_id AND t.job_name = r.job_name AND t.node_id = p_node_id;
    END IF;
    RETURN v_rows;
END;
$$;
