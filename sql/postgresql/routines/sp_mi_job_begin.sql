-- Any node: asks whether it may run a daily job now, and begins the run if so; one node in the cluster, once a day, on the database's
-- clock. verdict: RUN (run_id is the run; keep it by sp_mi_job_renew), DONE (it succeeded for that day), BUSY (another node runs it;
-- ask again after wait_seconds), LATER (it failed a moment ago; ask again after wait_seconds).
-- p_job_date: the local day;  p_seconds: the term;  p_retry_seconds: the pause after a failure;  p_force: 1 runs it though it succeeded
CREATE OR REPLACE FUNCTION public.sp_mi_job_begin(
    p_job_name       varchar,
    p_job_date       date,
    p_node_id        varchar,
    p_seconds        integer,
    p_retry_seconds  integer,
    p_force          integer
) RETURNS TABLE (
    verdict       varchar,
    run_id        bigint,
    wait_seconds  integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_done  boolean;
    v_wait  integer;
    v_run   bigint;
BEGIN
    IF public.sp_mi_lead(p_job_name, p_node_id, p_seconds) = 0 THEN
        SELECT ceil(extract(epoch FROM t.term_until - v_now))::integer INTO v_wait
        FROM public.medical_insurance_terms AS t WHERE t.job_name = p_job_name;
        RETURN QUERY SELECT 'BUSY'::varchar, NULL::bigint, CASE WHEN v_wait > 1 THEN v_wait ELSE 1 END;
        RETURN;
    END IF;
    -- the term is ours, so whatever still stands as running has died
    UPDATE public.medical_insurance_job_runs AS r
    SET outcome = 'STOPPED', message = '运行的节点失联，任务中断', finish_time = v_now
    WHERE r.job_name = p_job_name AND r.outcome = 'RUNNING';
    v_done := EXISTS (
        SELECT 1 FROM public.medical_insurance_job_runs AS r
        WHERE r.job_name = p_job_name AND r.job_date = p_job_date AND r.outcome = 'SUCCEEDED');
    SELECT p_retry_seconds - floor(extract(epoch FROM v_now - r.finish_time))::integer INTO v_wait
    FROM public.medical_insurance_job_runs AS r
    WHERE r.job_name = p_job_name AND r.job_date = p_job_date AND r.outcome = 'FAILED'
    ORDER BY r.run_id DESC LIMIT 1;
    IF p_force = 0 AND (v_done OR coalesce(v_wait, 0) > 0) THEN
        UPDATE public.medical_insurance_terms AS t
        SET term_until = v_now
        WHERE t.job_name = p_job_name AND t.node_id = p_node_id;
        RETURN QUERY SELECT CASE WHEN v_done THEN 'DONE' ELSE 'LATER' END::varchar, NULL::bigint,
            CASE WHEN v_done THEN 0 ELSE v_wait END;
        RETURN;
    END IF;
    INSERT INTO public.medical_insurance_job_runs AS r (job_name, job_date, node_id, start_time)
    VALUES (p_job_name, p_job_date, p_node_id, v_now)
    RETURNING r.run_id INTO v_run;
    RETURN QUERY SELECT 'RUN'::varchar, v_run, 0;
END;
$$;
