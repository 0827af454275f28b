-- The bridge's account: the rights of its role and nothing more.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = 'mi_bench') THEN
        CREATE ROLE mi_bench LOGIN;
    END IF;
    ALTER ROLE mi_bench LOGIN PASSWORD '{{password}}';
    GRANT mi_bridge TO mi_bench;
END;
$$
