-- Bridge: tells how far apart the site's message numbers are, from the profile, at every start. Returns 1 when that changed, else 0.
-- Numbers given out before keep what they own, so a change makes no number twice.
CREATE OR REPLACE FUNCTION public.sp_mi_sync_msgid_step(
    p_step  bigint
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_counters AS c
    SET counter_step = p_step
    WHERE c.counter_name = 'msgid' AND c.counter_step <> p_step AND p_step > 0;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
