-- The key of a request whose interface is ordered: the caller's own, else the patient, else the visit.
-- HIS writes the fields bare, in one node or in several; a list's first row speaks for the list.
CREATE OR REPLACE FUNCTION public.sp_mi_order_key(
    p_input       jsonb,
    p_serial_key  varchar
) RETURNS varchar
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_psn_no    text;
    v_mdtrt_id  text;
BEGIN
    IF coalesce(p_serial_key, '') <> '' THEN
        RETURN 'S:' || p_serial_key;
    END IF;
    v_psn_no := p_input ->> 'psn_no';
    v_mdtrt_id := p_input ->> 'mdtrt_id';
    IF coalesce(v_psn_no, '') = '' THEN
        SELECT max(coalesce(n.value ->> 'psn_no', n.value -> 0 ->> 'psn_no')),
               coalesce(v_mdtrt_id, max(coalesce(n.value ->> 'mdtrt_id', n.value -> 0 ->> 'mdtrt_id')))
        INTO v_psn_no, v_mdtrt_id
        FROM jsonb_each(p_input) AS n
        WHERE jsonb_typeof(n.value) IN ('object', 'array');
    END IF;
    IF coalesce(v_psn_no, '') <> '' THEN
        RETURN 'P:' || left(v_psn_no, 70);
    END IF;
    IF coalesce(v_mdtrt_id, '') <> '' THEN
        RETURN 'V:' || left(v_mdtrt_id, 70);
    END IF;
    RETURN NULL;
END;
$$;
