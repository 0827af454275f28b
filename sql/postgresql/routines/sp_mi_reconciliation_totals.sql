-- Report: what was last found of each account, for spans that lie within p_first_day to p_last_day.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_totals(
    p_first_day  date,
    p_last_day   date
) RETURNS TABLE (
    first_day        date,
    last_day         date,
    org_code         varchar,
    insutype         varchar,
    clr_type         varchar,
    setl_optins      varchar,
    settlements      integer,
    medfee_sumamt    numeric,
    fund_pay_sumamt  numeric,
    acct_pay         numeric,
    outcome          varchar,
    message          varchar,
    detailed         smallint,
    create_time      timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.first_day, t.last_day, t.org_code, t.insutype, t.clr_type, t.setl_optins, t.settlements, t.medfee_sumamt, t.fund_pay_sumamt,
           t.acct_pay, t.outcome, t.message, t.detailed, t.create_time
    FROM public.medical_insurance_reconciliation_totals AS t
    JOIN (
        SELECT n.first_day, n.last_day, max(n.run_id) AS run_id
        FROM public.medical_insurance_reconciliation_runs AS n
        WHERE n.first_day >= p_first_day AND n.first_day <= p_last_day AND n.last_day <= p_last_day AND n.end_time IS NOT NULL
        GROUP BY n.first_day, n.last_day
    ) AS l ON l.run_id = t.run_id
    ORDER BY t.first_day, t.last_day, t.org_code, t.insutype, t.clr_type, t.setl_optins;
END;
$$;
