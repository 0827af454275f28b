-- Whoever holds a catalogue: puts a batch of items in their place, and how far the source is now, in one transaction: a batch is loaded
-- once, whatever dies. accepted is 0 when another has taken the catalogue; a batch that comes again is accepted and changes nothing.
-- p_items: JSON array of {item_key, item_code, item_name, pinyin, valid_flag, begin_date, end_date, version, row_data}; no key twice
CREATE OR REPLACE FUNCTION public.sp_mi_catalogue_load(
    p_catalogue  varchar,
    p_epoch      integer,
    p_from       bigint,
    p_to         bigint,
    p_items      text
) RETURNS TABLE (
    accepted  integer,
    inserted  integer,
    changed   integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz(3) := clock_timestamp();
    v_loaded  bigint;
    v_inserted  integer;
    v_changed   integer;
BEGIN
    SELECT s.loaded INTO v_loaded
    FROM public.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = p_catalogue AND s.epoch = p_epoch
    FOR UPDATE;
    IF v_loaded IS NULL OR v_loaded NOT IN (p_from, p_to) THEN
        RETURN QUERY SELECT 0, 0, 0;
        RETURN;
    END IF;
    IF v_loaded = p_to THEN
        RETURN QUERY SELECT 1, 0, 0;
        RETURN;
    END IF;
    WITH written AS (
        INSERT INTO public.medical_insurance_catalogue_items AS c (
            catalogue, item_key, item_code, item_name, pinyin, valid_flag, begin_date, end_date, version, row_data, create_time, update_time)
        SELECT p_catalogue, i.item_key, left(i.item_code, 100), left(i.item_name, 500), left(i.pinyin, 200), left(i.valid_flag, 10),
            i.begin_date, i.end_date, left(i.version, 100), i.row_data, v_now, v_now
        FROM jsonb_to_recordset(p_items::jsonb) AS i(
            item_key varchar(200), item_code text, item_name text, pinyin text, valid_flag text, begin_date date, end_date date,
            version text, row_data jsonb)
        ORDER BY i.item_key
        ON CONFLICT (catalogue, item_key) DO UPDATE
        SET item_code = excluded.item_code, item_name = excluded.item_name, pinyin = excluded.pinyin, valid_flag = excluded.valid_flag,
            begin_date = excluded.begin_date, end_date = excluded.end_date, version = excluded.version, row_data = excluded.row_data,
            update_time = excluded.update_time
        WHERE c.row_data <> excluded.row_data
        RETURNING CASE WHEN c.xmax = 0 THEN 1 ELSE 0 END AS is_new
    )
    SELECT coalesce(sum(w.is_new), 0), coalesce(sum(1 - w.is_new), 0) INTO v_inserted, v_changed
    FROM written AS w;
    UPDATE public.medical_insurance_catalogue_syncs AS s
    SET loaded = p_to, item_count = s.item_count + v_inserted, update_time = v_now
    WHERE s.catalogue = p_catalogue AND s.epoch = p_epoch;
    RETURN QUERY SELECT 1, v_inserted, v_changed;
END;
$$;
