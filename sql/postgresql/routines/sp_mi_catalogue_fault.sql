-- Whoever holds a catalogue: says why it could not be synchronised. Returns 1 while the epoch is current, else 0.
-- p_forget: 1 gives the source up (the file is faulty), so that the next try asks the platform again
CREATE OR REPLACE FUNCTION public.sp_mi_catalogue_fault(
    p_catalogue  varchar,
    p_epoch      integer,
    p_message    varchar,
    p_forget     integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_catalogue_syncs AS s
    SET message = left(p_message, 500), update_time = clock_timestamp(),
        source = CASE WHEN p_forget = 1 THEN NULL ELSE s.source END,
        source_hash = CASE WHEN p_forget = 1 THEN NULL ELSE s.source_hash END,
        loaded = CASE WHEN p_forget = 1 THEN 0 ELSE s.loaded END
    WHERE s.catalogue = p_catalogue AND s.epoch = p_epoch;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
