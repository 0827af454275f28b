-- Refuses to touch what this installer did not make: a name of ours that exists and is not in the register stops everything.
DO $$
DECLARE
    v_known    varchar[] := '{}';
    v_foreign  text;
BEGIN
    IF to_regclass('public.medical_insurance_schema') IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(array_agg(s.object_name), ''{}'') FROM public.medical_insurance_schema AS s' INTO v_known;
    END IF;
    SELECT string_agg(o.object_name, ', ' ORDER BY o.object_name) INTO v_foreign
    FROM (VALUES
        {{objects}}
    ) AS o(object_name, object_type)
    WHERE o.object_name <> ALL (v_known)
      AND (to_regclass('public.' || o.object_name) IS NOT NULL
           OR EXISTS (SELECT 1 FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
                      WHERE n.nspname = 'public' AND p.proname = o.object_name));
    IF v_foreign IS NOT NULL THEN
        RAISE EXCEPTION '%', 'MI900 数据库中已有同名对象，且不是由 mi-bridge 创建：' || v_foreign
            || ' / objects of these names exist and were not made by mi-bridge. Rename them, or use another database.'
            USING ERRCODE = 'MI900';
    END IF;
END;
$$;
