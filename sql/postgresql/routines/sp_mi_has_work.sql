-- Tells whether a claim would find something: a backoff that is over, or a request whose key is free and whose
-- limits have room.
-- p_floor_rank: entries of the queue before this rank are not looked at; 0 looks at all.
CREATE OR REPLACE FUNCTION public.sp_mi_has_work(
    p_floor_rank  bigint
) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- a value, not the function: an index can be searched for the one, not for the other
    v_now         timestamptz(3) := clock_timestamp();
    v_full_orgs   varchar[];
    v_full_codes  varchar[];
BEGIN
    -- limits that have no room left: what they hold waits, and nothing else waits behind it
    IF EXISTS (SELECT 1 FROM public.medical_insurance_limits AS l WHERE l.enabled = 1) THEN
        SELECT array_agg(u.org_code), array_agg(u.interface_code) INTO v_full_orgs, v_full_codes
        FROM public.v_medical_insurance_limits AS u
        WHERE u.room <= 0;
    END IF;

    IF EXISTS (
        SELECT 1 FROM public.medical_insurance_requests AS r
        WHERE r.status = 'PENDING' AND r.available_at IS NULL AND r.queue_rank >= p_floor_rank
          -- inside an OR it is no join: as one, its estimate makes the planner read and sort the whole queue
          AND (v_full_orgs IS NULL OR NOT EXISTS (
              SELECT 1 FROM unnest(v_full_orgs, v_full_codes) AS f(org_code, interface_code)
              WHERE f.org_code IN ('', r.org_code) AND f.interface_code IN ('', r.interface_code)))
          AND (r.order_key IS NULL OR (
              NOT EXISTS (
                  SELECT 1 FROM public.medical_insurance_requests AS b
                  WHERE b.order_key = r.order_key AND b.order_key IS NOT NULL
                    AND b.status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL'))
              AND NOT EXISTS (
                  SELECT 1 FROM public.medical_insurance_requests AS e
                  WHERE e.order_key = r.order_key AND e.order_key IS NOT NULL
                    AND e.status = 'PENDING' AND e.request_id < r.request_id)))) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT 1 FROM public.medical_insurance_requests AS r
        WHERE r.status = 'PENDING' AND r.available_at IS NOT NULL AND r.available_at <= v_now);
END;
$$;
