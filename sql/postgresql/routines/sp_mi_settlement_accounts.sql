-- Bridge: under which insurance types, clearing types and clearing agencies there were settlements from p_begin to before p_end.
-- A day's totals are asked of all of them: the platform may have a settlement where we had none that day.
CREATE OR REPLACE FUNCTION public.sp_mi_settlement_accounts(
    p_begin  timestamp,
    p_end    timestamp
) RETURNS TABLE (
    org_code    varchar,
    insutype    varchar,
    clr_type    varchar,
    clr_optins  varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT s.org_code, s.insutype, s.clr_type, s.clr_optins
    FROM public.medical_insurance_settlements AS s
    WHERE s.setl_time >= p_begin AND s.setl_time < p_end AND s.insutype <> '' AND s.clr_type <> '';
END;
$$;
