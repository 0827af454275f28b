-- Doctor: what is installed, in which version, and the database's own facts.
CREATE OR REPLACE FUNCTION public.sp_mi_schema() RETURNS TABLE (
    object_name       varchar,
    object_type       varchar,
    version           varchar,
    install_time      timestamptz,
    database_time_ms  bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.object_name, s.object_type, s.version, s.install_time, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM public.medical_insurance_schema AS s
    ORDER BY s.object_type, s.object_name;
END;
$$;
