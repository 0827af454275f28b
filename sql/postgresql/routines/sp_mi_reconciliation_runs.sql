-- Report and schedule: the last run of each span that lies within p_first_day to p_last_day.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_runs(
    p_first_day  date,
    p_last_day   date
) RETURNS TABLE (
    run_id       bigint,
    node_id      varchar,
    first_day    date,
    last_day     date,
    begin_time   timestamptz,
    end_time     timestamptz,
    outcome      varchar,
    settlements  integer,
    differences  integer,
    message      varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT n.run_id, n.node_id, n.first_day, n.last_day, n.begin_time, n.end_time, n.outcome, n.settlements, n.differences, n.message
    FROM public.medical_insurance_reconciliation_runs AS n
    JOIN (
        SELECT max(m.run_id) AS run_id
        FROM public.medical_insurance_reconciliation_runs AS m
        WHERE m.first_day >= p_first_day AND m.first_day <= p_last_day AND m.last_day <= p_last_day
        GROUP BY m.first_day, m.last_day
    ) AS l ON l.run_id = n.run_id
    ORDER BY n.first_day, n.last_day;
END;
$$;
