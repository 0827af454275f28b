-- Any node: ends the leases of nodes that have no connection left, on sends and on steps of a resolution. Returns how many requests they held.
CREATE OR REPLACE FUNCTION public.sp_mi_bury(
    p_node_id  varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_node  varchar;
    v_rows  integer;
    v_all   integer := 0;
BEGIN
    FOR v_node IN
        SELECT r.node_id FROM public.medical_insurance_requests AS r
        WHERE r.status IN ('CLAIMED', 'SENDING') AND r.lease_until >= v_now AND r.node_id <> p_node_id
        UNION
        SELECT r.node_id FROM public.medical_insurance_requests AS r
        WHERE r.status IN ('UNCERTAIN', 'REVERSING') AND r.lease_until >= v_now AND r.node_id <> p_node_id
    LOOP
        IF pg_try_advisory_xact_lock(77733002, hashtext(v_node)) THEN
            UPDATE public.medical_insurance_requests AS r
            SET lease_until = v_now - interval '1 millisecond'
            WHERE r.request_id = ANY (ARRAY(
                SELECT l.request_id FROM public.medical_insurance_requests AS l
                WHERE l.status IN ('CLAIMED', 'SENDING') AND l.lease_until >= v_now AND l.node_id = v_node
                ORDER BY l.request_id LIMIT 5000 FOR UPDATE SKIP LOCKED))
              AND r.status IN ('CLAIMED', 'SENDING') AND r.node_id = v_node;
            GET DIAGNOSTICS v_rows = ROW_COUNT;
            v_all := v_all + v_rows;
            -- a resolution's step: its fence is the next resolver's epoch
            UPDATE public.medical_insurance_requests AS r
            SET lease_until = v_now - interval '1 millisecond'
            WHERE r.request_id = ANY (ARRAY(
                SELECT l.request_id FROM public.medical_insurance_requests AS l
                WHERE l.status IN ('UNCERTAIN', 'REVERSING') AND l.lease_until >= v_now AND l.node_id = v_node
                ORDER BY l.request_id LIMIT 5000 FOR UPDATE SKIP LOCKED))
              AND r.status IN ('UNCERTAIN', 'REVERSING') AND r.node_id = v_node;
            GET DIAGNOSTICS v_rows = ROW_COUNT;
            v_all := v_all + v_rows;
        END IF;
    END LOOP;
    RETURN v_all;
END;
$$;
