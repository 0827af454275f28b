-- Operator: the last run of each daily job, and its last success.
CREATE OR REPLACE FUNCTION public.sp_mi_jobs() RETURNS TABLE (
    job_name      varchar,
    job_date      date,
    outcome       varchar,
    message       varchar,
    node_id       varchar,
    start_time    timestamptz,
    finish_time   timestamptz,
    last_success  timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.job_name, v.job_date, v.outcome, v.message, v.node_id, v.start_time, v.finish_time, v.last_success
    FROM public.v_medical_insurance_jobs AS v
    ORDER BY v.job_name;
END;
$$;
