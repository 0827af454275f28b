-- Resolver only: the patients' numbers of the cases of the days p_first_day to p_last_day, in clear.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_patients(
    p_first_day  date,
    p_last_day   date
) RETURNS TABLE (
    case_id  bigint,
    psn_no   varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.case_id, k.psn_no
    FROM public.medical_insurance_reconciliation_cases AS k
    WHERE k.stmt_day >= p_first_day AND k.stmt_day <= p_last_day AND k.psn_no <> ''
    ORDER BY k.case_id;
END;
$$;
