-- Resolver: leases requests whose resolution is due. Each comes with the message number for its next step, the msgid of the
-- original send with its time (milliseconds since 1970, whatever a session's time zone), and how many milliseconds of the quiet period are left ("no such original" is believed at 0 only). A request that
-- was ever reversed is told as REVERSING, also after a person's RETRY: an inquiry can no longer decide it.
CREATE OR REPLACE FUNCTION public.sp_mi_claim_uncertain(
    p_node_id        varchar,
    p_capacity       integer,
    p_lease_seconds  integer
) RETURNS TABLE (
    request_id       bigint,
    epoch            integer,
    resolve_epoch    integer,
    interface_code   varchar,
    org_code         varchar,
    input_data       text,
    money_class      char(1),
    status           varchar,
    resolve_tries    integer,
    quiet_ms         integer,
    reversed_by      varchar,
    original_msgid   varchar,
    original_ms      bigint,
    insuplc_admdvs   varchar,
    opter            varchar,
    opter_name       varchar,
    opter_type       varchar,
    msgid_number     bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now    timestamptz(3) := clock_timestamp();
    v_ids    bigint[];
    v_first  bigint;
    v_step   bigint;
BEGIN
    v_ids := ARRAY(
        SELECT r.request_id FROM public.medical_insurance_requests AS r
        WHERE r.status IN ('UNCERTAIN', 'REVERSING') AND r.resolve_at <= v_now
          AND (r.lease_until IS NULL OR r.lease_until < v_now)
        ORDER BY r.resolve_at
        LIMIT p_capacity
        FOR UPDATE SKIP LOCKED);
    IF coalesce(cardinality(v_ids), 0) = 0 THEN
        RETURN;
    END IF;
    -- two numbers each: an inquiry may be followed by a reversal at once
    v_first := public.sp_mi_take_msgids(cardinality(v_ids) * 2);
    v_step := (SELECT c.counter_step FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');
    RETURN QUERY
    WITH held AS (
        UPDATE public.medical_insurance_requests AS r
        SET resolve_epoch = r.resolve_epoch + 1, node_id = p_node_id, lease_until = v_now + make_interval(secs => p_lease_seconds)
        WHERE r.request_id = ANY (v_ids) AND r.status IN ('UNCERTAIN', 'REVERSING')
        RETURNING r.*
    )
    SELECT h.request_id, h.epoch, h.resolve_epoch, h.interface_code, h.org_code, h.input_data, h.money_class,
           CASE WHEN EXISTS (SELECT 1 FROM public.medical_insurance_attempts AS v WHERE v.request_id = h.request_id AND v.kind = 'reversal')
               THEN 'REVERSING' ELSE h.status END::varchar, h.resolve_tries,
           CASE WHEN h.quiet_until > v_now THEN ceil(extract(epoch FROM h.quiet_until - v_now) * 1000) ELSE 0 END::integer, coalesce(i.reversed_by, '')::varchar,
           a.msgid, floor(extract(epoch FROM a.create_time) * 1000)::bigint, h.insuplc_admdvs, h.opter, h.opter_name, h.opter_type,
           v_first + (array_position(v_ids, h.request_id) - 1) * 2 * v_step
    FROM held AS h
    LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = h.interface_code
    LEFT JOIN public.medical_insurance_attempts AS a
        ON a.request_id = h.request_id AND a.epoch = h.epoch AND a.kind = 'original';
END;
$$;
