-- Installer and bridge: brings the catalogue of interfaces up to date. What a DBA set (enabled, max_input_chars) stays.
-- p_items: JSON array of {interface_code, interface_name, interface_group, money_class, ordered, enabled, reversed_by}.
CREATE OR REPLACE FUNCTION public.sp_mi_sync_interfaces(
    p_items  text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows   integer;
    v_added  integer;
BEGIN
    UPDATE public.medical_insurance_interfaces AS t
    SET interface_name = i.interface_name, interface_group = i.interface_group, money_class = i.money_class, ordered = i.ordered,
        reversed_by = i.reversed_by, update_time = clock_timestamp()
    FROM json_to_recordset(p_items::json) AS i(
        interface_code varchar(10), interface_name varchar(100), interface_group varchar(50), money_class char(1), ordered smallint,
        enabled smallint, reversed_by varchar(10))
    WHERE t.interface_code = i.interface_code
      AND (t.interface_name <> i.interface_name OR t.interface_group <> i.interface_group OR t.money_class <> i.money_class
           OR t.ordered <> i.ordered OR t.reversed_by <> i.reversed_by);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    INSERT INTO public.medical_insurance_interfaces (
        interface_code, interface_name, interface_group, money_class, ordered, enabled, reversed_by)
    SELECT i.interface_code, i.interface_name, i.interface_group, i.money_class, i.ordered, i.enabled, i.reversed_by
    FROM json_to_recordset(p_items::json) AS i(
        interface_code varchar(10), interface_name varchar(100), interface_group varchar(50), money_class char(1), ordered smallint,
        enabled smallint, reversed_by varchar(10))
    WHERE NOT EXISTS (SELECT 1 FROM public.medical_insurance_interfaces AS t WHERE t.interface_code = i.interface_code);
    GET DIAGNOSTICS v_added = ROW_COUNT;
    RETURN v_rows + v_added;
END;
$$;
