-- Keeps, in their order, those of the chosen requests that every limit still has room for, and books them.
-- Called under the claim's lock only: two claims never share the same room.
CREATE OR REPLACE FUNCTION public.sp_mi_within_limits(
    p_ids  bigint[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_kept  bigint[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.medical_insurance_limits AS l WHERE l.enabled = 1) THEN
        RETURN p_ids;
    END IF;
    SELECT array_agg(c.request_id ORDER BY c.place) INTO v_kept
    FROM (
        SELECT k.request_id, k.place, min(u.room - k.nth) AS slack
        FROM (
            SELECT r.request_id, i.place, l.limit_id, row_number() OVER (PARTITION BY l.limit_id ORDER BY i.place) AS nth
            FROM unnest(p_ids) WITH ORDINALITY AS i(request_id, place)
            JOIN public.medical_insurance_requests AS r ON r.request_id = i.request_id AND r.status = 'PENDING'
            LEFT JOIN public.medical_insurance_limits AS l
                ON l.enabled = 1 AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
        ) AS k
        LEFT JOIN public.v_medical_insurance_limits AS u ON u.limit_id = k.limit_id
        GROUP BY k.request_id, k.place
    ) AS c
    WHERE c.slack IS NULL OR c.slack >= 0;

    DELETE FROM public.medical_insurance_limit_usage AS u WHERE u.bucket_time < v_now - interval '120 seconds';
    INSERT INTO public.medical_insurance_limit_usage AS u (limit_id, bucket_time, taken)
    SELECT l.limit_id, date_trunc('second', v_now), count(*)
    FROM unnest(v_kept) AS i(request_id)
    JOIN public.medical_insurance_requests AS r ON r.request_id = i.request_id
    JOIN public.medical_insurance_limits AS l
        ON l.enabled = 1 AND l.max_per_minute IS NOT NULL AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
    GROUP BY l.limit_id
    ON CONFLICT (limit_id, bucket_time) DO UPDATE SET taken = u.taken + excluded.taken;
    RETURN v_kept;
END;
$$;
