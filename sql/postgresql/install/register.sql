-- The register of what this installer made, and in which version. Routines are for the roles of the grants script only.
INSERT INTO public.medical_insurance_schema AS s (object_name, object_type, version)
SELECT o.object_name, o.object_type, '{{version}}'
FROM (VALUES
    {{objects}}
) AS o(object_name, object_type)
ON CONFLICT (object_name) DO UPDATE SET version = excluded.version, install_time = clock_timestamp()
WHERE s.version <> excluded.version;

DO $$
DECLARE
    v_routine  record;
BEGIN
    FOR v_routine IN
        SELECT p.oid::regprocedure::text AS signature
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        JOIN public.medical_insurance_schema AS s ON s.object_name = p.proname AND s.object_type = 'ROUTINE'
        WHERE n.nspname = 'public'
        ORDER BY 1
    LOOP
        EXECUTE 'REVOKE ALL ON ROUTINE ' || v_routine.signature || ' FROM PUBLIC';
    END LOOP;
END;
$$;
