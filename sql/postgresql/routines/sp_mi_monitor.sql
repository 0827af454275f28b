-- Operator and demo: the monitor view through the bridge's own role.
CREATE OR REPLACE FUNCTION public.sp_mi_monitor() RETURNS TABLE (
    interface_code        varchar,
    interface_name        varchar,
    total_count           bigint,
    success_count         bigint,
    business_error_count  bigint,
    system_error_count    bigint,
    open_count            bigint,
    avg_seconds           numeric,
    p50_seconds           numeric,
    p95_seconds           numeric,
    p99_seconds           numeric,
    last_request_time     timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT m.interface_code, m.interface_name, m.total_count, m.success_count, m.business_error_count, m.system_error_count,
           m.open_count, m.avg_seconds, m.p50_seconds, m.p95_seconds, m.p99_seconds, m.last_request_time
    FROM public.v_medical_insurance_monitor AS m
    ORDER BY m.interface_code;
END;
$$;
