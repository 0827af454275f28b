-- Whoever holds a catalogue: says that everything up to a version is loaded. Returns 1 while the epoch is current, else 0.
CREATE OR REPLACE FUNCTION public.sp_mi_catalogue_close(
    p_catalogue  varchar,
    p_epoch      integer,
    p_version    varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_catalogue_syncs AS s
    SET version = p_version, last_hash = coalesce(s.source_hash, s.last_hash), source = NULL, source_name = NULL, source_hash = NULL,
        source_rows = NULL, next_version = NULL, loaded = 0, message = NULL, finish_time = v_now, update_time = v_now
    WHERE s.catalogue = p_catalogue AND s.epoch = p_epoch;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
