-- Bridge: brings the definitions of sagas up to date, all in one transaction. Versions are only ever added: a saga keeps the one it
-- began with. Returns how many definitions changed their active version.
-- p_items: JSON array of {saga_code, saga_name, definition_hash, definition}; without a definition the code's active version stays
-- (its file is refused). A code that is not listed takes no new sagas.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_sync(
    p_items  text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
    v_more  integer;
BEGIN
    -- one node at a time: two that start together must not both make a version active
    PERFORM pg_advisory_xact_lock(77733003);
    INSERT INTO public.medical_insurance_saga_definitions (saga_code, definition_hash, saga_name, definition, active, create_time, update_time)
    SELECT i.saga_code, i.definition_hash, i.saga_name, i.definition, 0, v_now, v_now
    FROM json_to_recordset(p_items::json) AS i(saga_code varchar(32), saga_name varchar(100), definition_hash char(64), definition text)
    WHERE i.definition IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM public.medical_insurance_saga_definitions AS d
                      WHERE d.saga_code = i.saga_code AND d.definition_hash = i.definition_hash);
    UPDATE public.medical_insurance_saga_definitions AS d
    SET active = 0, update_time = v_now
    WHERE d.active = 1
      AND NOT EXISTS (
          SELECT 1
          FROM json_to_recordset(p_items::json) AS i(saga_code varchar(32), definition_hash char(64), definition text)
          WHERE i.saga_code = d.saga_code AND (i.definition IS NULL OR i.definition_hash = d.definition_hash));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE public.medical_insurance_saga_definitions AS d
    SET active = 1, update_time = v_now
    FROM json_to_recordset(p_items::json) AS i(saga_code varchar(32), definition_hash char(64), definition text)
    WHERE i.definition IS NOT NULL AND d.saga_code = i.saga_code AND d.definition_hash = i.definition_hash AND d.active = 0;
    GET DIAGNOSTICS v_more = ROW_COUNT;
    RETURN greatest(v_rows, v_more);
END;
$$;
