-- Bridge: notes that a reconciliation of the days p_first_day to p_last_day begins. Returns its number; a later one has a higher.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_begin(
    p_node_id    varchar,
    p_first_day  date,
    p_last_day   date
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run_id  bigint;
BEGIN
    INSERT INTO public.medical_insurance_reconciliation_runs (node_id, first_day, last_day, begin_time)
    VALUES (left(p_node_id, 64), p_first_day, p_last_day, clock_timestamp())
    RETURNING run_id INTO v_run_id;
    RETURN v_run_id;
END;
$$;
