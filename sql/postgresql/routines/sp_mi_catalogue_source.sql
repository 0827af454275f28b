-- Whoever holds a catalogue: says what is loaded from now on. Returns 1 while the epoch is current, else 0: another has taken it.
-- p_loaded: rows (pages) of it that are loaded already, 0 for a new one
CREATE OR REPLACE FUNCTION public.sp_mi_catalogue_source(
    p_catalogue     varchar,
    p_epoch         integer,
    p_source        varchar,
    p_source_name   varchar,
    p_source_hash   varchar,
    p_source_rows   bigint,
    p_next_version  varchar,
    p_loaded      bigint
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_catalogue_syncs AS s
    SET source = p_source, source_name = p_source_name, source_hash = p_source_hash, source_rows = p_source_rows,
        next_version = p_next_version, loaded = p_loaded, update_time = clock_timestamp()
    WHERE s.catalogue = p_catalogue AND s.epoch = p_epoch;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
