-- Demo: one login for HIS, one for the bridge, each with no more than its role; new passwords at each run.
DO $$
DECLARE
    v_login  record;
BEGIN
    FOR v_login IN
        SELECT l.login, l.parent, l.secret
        FROM (VALUES
            ('mi_demo_his', 'mi_his', '{{his_password}}'),
            ('mi_demo_bridge', 'mi_bridge', '{{bridge_password}}')
        ) AS l(login, parent, secret)
    LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = v_login.login) THEN
            EXECUTE format('CREATE ROLE %I', v_login.login);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER INHERIT PASSWORD %L', v_login.login, v_login.secret);
        EXECUTE format('GRANT %I TO %I', v_login.parent, v_login.login);
    END LOOP;
END;
$$;
