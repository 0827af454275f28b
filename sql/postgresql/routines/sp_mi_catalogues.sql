-- Operator: how far each catalogue is.
CREATE OR REPLACE FUNCTION public.sp_mi_catalogues() RETURNS TABLE (
    catalogue       varchar,
    catalogue_name  varchar,
    version         varchar,
    item_count      bigint,
    source_name     varchar,
    loaded          bigint,
    source_rows     bigint,
    message         varchar,
    node_id         varchar,
    begin_time      timestamptz,
    finish_time     timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.catalogue, v.catalogue_name, v.version, v.item_count, v.source_name, v.loaded, v.source_rows, v.message, v.node_id, v.begin_time, v.finish_time
    FROM public.v_medical_insurance_catalogue_syncs AS v
    ORDER BY v.catalogue;
END;
$$;
