-- Bridge: wait up to p_wait_ms for work, then lease up to p_capacity requests to this node, oldest rank first.
-- One claim runs at a time in the whole cluster (a lock of a few milliseconds): that is what makes limits and order exact.
-- p_step_ms: pause between two looks while waiting. p_floor_rank: where the queue's living part begins; the part before it, where
-- only stragglers are and an old snapshot may keep dead entries, is looked at once a second.
-- An empty answer before the time says that a saga is due: the saga's look rides on this wait and costs no statement of its own.
-- Rows are reached by their keys only, and said so to the planner: its plans are made while the tables are empty, and kept.
CREATE OR REPLACE FUNCTION public.sp_mi_claim(
    p_node_id        varchar,
    p_capacity       integer,
    p_lease_seconds  integer,
    p_wait_ms        integer,
    p_step_ms        integer,
    p_floor_rank     bigint
) RETURNS TABLE (
    request_id       bigint,
    epoch            integer,
    interface_code   varchar,
    org_code         varchar,
    input_data       text,
    money_class      char(1),
    max_retry_count  integer,
    tries            integer,
    sends            integer,
    insuplc_admdvs   varchar,
    opter            varchar,
    opter_name       varchar,
    opter_type       varchar,
    msgid_number     bigint,
    queue_rank       bigint,
    queued_ms        integer
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_until       timestamptz(3) := clock_timestamp() + make_interval(secs => p_wait_ms / 1000.0);
    v_whole       timestamptz(3) := clock_timestamp() + interval '1 second';
    v_sagas       timestamptz(3) := clock_timestamp();
    v_floor       bigint := p_floor_rank;
    v_now         timestamptz(3) := clock_timestamp();
    v_full_orgs   varchar[];
    v_full_codes  varchar[];
    v_ids         bigint[];
    v_first       bigint;
    v_step        bigint;
BEGIN
    -- 1. wait for work; the two cheap looks come first, since an idle node looks a hundred times a second
    WHILE NOT (EXISTS (
            SELECT 1 FROM public.medical_insurance_requests AS q
            WHERE q.status = 'PENDING' AND q.available_at IS NULL AND q.queue_rank >= v_floor)
        OR EXISTS (
            SELECT 1 FROM public.medical_insurance_requests AS w
            WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= v_now))
        OR NOT public.sp_mi_has_work(v_floor)
    LOOP
        v_now := clock_timestamp();
        IF v_now >= v_until THEN
            RETURN;
        END IF;
        IF v_now >= v_sagas THEN
            IF public.sp_mi_saga_due() THEN
                RETURN;
            END IF;
            v_sagas := v_now + interval '5 milliseconds';
        END IF;
        PERFORM pg_sleep(p_step_ms / 1000.0);
        v_floor := p_floor_rank;
        IF v_now >= v_whole THEN
            v_floor := 0;
            v_whole := v_now + interval '1 second';
        END IF;
    END LOOP;

    -- 2. one claimer at a time, until this transaction ends
    PERFORM pg_advisory_xact_lock(77733001);
    v_now := clock_timestamp();

    -- 3. backoffs that are over return to the queue
    IF EXISTS (
        SELECT 1 FROM public.medical_insurance_requests AS w
        WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= v_now) THEN
        UPDATE public.medical_insurance_requests AS r
        SET available_at = NULL
        WHERE r.request_id = ANY (ARRAY(
            SELECT w.request_id FROM public.medical_insurance_requests AS w
            WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= v_now
            ORDER BY w.available_at LIMIT 500 FOR UPDATE SKIP LOCKED))
          AND r.status = 'PENDING';
    END IF;

    -- 4. limits that have no room left: what they hold waits, and nothing else waits behind it
    IF EXISTS (SELECT 1 FROM public.medical_insurance_limits AS l WHERE l.enabled = 1) THEN
        SELECT array_agg(u.org_code), array_agg(u.interface_code) INTO v_full_orgs, v_full_codes
        FROM public.v_medical_insurance_limits AS u
        WHERE u.room <= 0;
    END IF;

    -- 5. choose: the head of each free key, oldest rank first
    v_ids := ARRAY(
        SELECT r.request_id FROM public.medical_insurance_requests AS r
        WHERE r.status = 'PENDING' AND r.available_at IS NULL AND r.queue_rank >= v_floor
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
                    AND e.status = 'PENDING' AND e.request_id < r.request_id)))
        ORDER BY r.queue_rank, r.request_id
        LIMIT p_capacity
        FOR UPDATE OF r SKIP LOCKED);

    -- 6. what waited too long is never sent, nor a part after one that failed where the site wants the others left out
    UPDATE public.medical_insurance_requests AS r
    SET status = CASE WHEN r.expires_at <= v_now THEN 'TIMEOUT' ELSE 'CANCELLED' END, update_time = v_now,
        error_code = CASE WHEN r.expires_at <= v_now THEN -1005 ELSE -1004 END,
        error_message = CASE WHEN r.expires_at <= v_now THEN '超时未发送，请求已作废' ELSE '前面有一批未成功，本批没有发送' END
    WHERE r.request_id = ANY (v_ids) AND r.status = 'PENDING' AND r.sends = 0
      AND (r.expires_at <= v_now
           OR (r.stop_on_refusal = 1 AND (
               SELECT count(*) FROM public.medical_insurance_requests AS e
               LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = e.request_id
               WHERE e.parent_id = r.parent_id AND e.part_no < r.part_no
                 AND (e.status <> 'COMPLETED' OR p.outcome <> 'OK')) > 0));
    v_ids := public.sp_mi_within_limits(v_ids);
    IF coalesce(cardinality(v_ids), 0) = 0 THEN
        RETURN;
    END IF;

    -- 7. lease the rest, each with a message number of its own
    v_first := public.sp_mi_take_msgids(cardinality(v_ids));
    v_step := (SELECT c.counter_step FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');
    RETURN QUERY
    UPDATE public.medical_insurance_requests AS r
    SET status = 'CLAIMED', epoch = r.epoch + 1, node_id = p_node_id, update_time = v_now,
        lease_until = v_now + make_interval(secs => p_lease_seconds)
    WHERE r.request_id = ANY (v_ids) AND r.status = 'PENDING'
    RETURNING r.request_id, r.epoch, r.interface_code, r.org_code, r.input_data, r.money_class, r.max_retry_count, r.tries, r.sends,
        r.insuplc_admdvs, r.opter, r.opter_name, r.opter_type,
        v_first + (array_position(v_ids, r.request_id) - 1) * v_step, r.queue_rank,
        least(extract(epoch FROM v_now - r.create_time) * 1000, 2147483647)::integer;
END;
$$;
