-- Notes when each new answer becomes visible to another session, by looking every half millisecond.
-- It commits between two looks, so that it holds no old snapshot that would slow the claim.
CREATE UNLOGGED TABLE IF NOT EXISTS public.bench_seen (
    request_id  bigint       NOT NULL,
    seen_at     timestamptz  NOT NULL
);

CREATE OR REPLACE PROCEDURE public.bench_watch(
    p_count       integer,
    p_patience_s  integer
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_until  timestamptz := clock_timestamp() + make_interval(secs => p_patience_s);
    v_last   bigint;
    v_next   bigint;
    v_rows   integer;
    v_seen   integer := 0;
BEGIN
    SELECT coalesce(max(p.response_id), 0) INTO v_last FROM public.medical_insurance_responses AS p;
    COMMIT;
    WHILE v_seen < p_count AND clock_timestamp() < v_until LOOP
        WITH fresh AS (
            SELECT p.response_id, p.request_id FROM public.medical_insurance_responses AS p WHERE p.response_id > v_last
        ), noted AS (
            INSERT INTO public.bench_seen (request_id, seen_at) SELECT f.request_id, clock_timestamp() FROM fresh AS f
        )
        SELECT count(*), max(f.response_id) INTO v_rows, v_next FROM fresh AS f;
        v_seen := v_seen + v_rows;
        v_last := coalesce(v_next, v_last);
        COMMIT;
        PERFORM pg_sleep(0.0005);
    END LOOP;
END;
$$;
