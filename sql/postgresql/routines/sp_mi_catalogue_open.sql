-- Whoever synchronises a catalogue: takes it, with a new epoch that shuts out whoever held it before, and learns how far it is.
-- p_first_version: where a catalogue begins that was never loaded, or is loaded anew;  p_full: 1 loads it anew, items stay meanwhile
CREATE OR REPLACE FUNCTION public.sp_mi_catalogue_open(
    p_catalogue      varchar,
    p_node_id        varchar,
    p_first_version  varchar,
    p_full           integer
) RETURNS TABLE (
    epoch         integer,
    version       varchar,
    source        varchar,
    source_name   varchar,
    source_hash   varchar,
    source_rows   bigint,
    next_version  varchar,
    loaded        bigint,
    last_hash     varchar,
    item_count    bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    INSERT INTO public.medical_insurance_catalogue_syncs (catalogue, version, update_time)
    VALUES (p_catalogue, p_first_version, v_now)
    ON CONFLICT (catalogue) DO NOTHING;
    UPDATE public.medical_insurance_catalogue_syncs AS s
    SET epoch = s.epoch + 1, node_id = p_node_id, begin_time = v_now, update_time = v_now,
        version = CASE WHEN p_full = 1 THEN p_first_version ELSE s.version END,
        source = CASE WHEN p_full = 1 THEN NULL ELSE s.source END,
        source_hash = CASE WHEN p_full = 1 THEN NULL ELSE s.source_hash END,
        loaded = CASE WHEN p_full = 1 THEN 0 ELSE s.loaded END,
        last_hash = CASE WHEN p_full = 1 THEN NULL ELSE s.last_hash END
    WHERE s.catalogue = p_catalogue;
    RETURN QUERY
    SELECT s.epoch, s.version, s.source, s.source_name, s.source_hash::varchar, s.source_rows, s.next_version, s.loaded, s.last_hash::varchar, s.item_count
    FROM public.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = p_catalogue;
END;
$$;
