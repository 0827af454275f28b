-- Any node: takes back what a dead node held, without waiting for its leases, and ends what nobody took in time. Rows locked by others are left for the next round,
-- and a request that keeps costing its node the lease is ended, so that no row can stop the rescue.
-- Returns what it changed, and what was divided and whose parts have all ended (DIVIDED): the caller makes one answer of theirs.
CREATE OR REPLACE FUNCTION public.sp_mi_rescue(
    p_node_id        varchar,
    p_most_rescues   integer,
    p_quiet_seconds  integer,
    p_grace_seconds  integer
) RETURNS TABLE (
    request_id  bigint,
    status      varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3);
BEGIN
    PERFORM public.sp_mi_bury(p_node_id);
    v_now := clock_timestamp();
    RETURN QUERY
    UPDATE public.medical_insurance_requests AS r
    SET status = CASE
            -- it may have taken effect: only a resolution may free its key
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN 'UNCERTAIN'
            WHEN r.rescues + 1 >= p_most_rescues THEN 'ERROR'
            ELSE 'PENDING' END,
        error_code = CASE
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN -1009
            WHEN r.rescues + 1 >= p_most_rescues THEN -1004 END,
        error_message = CASE
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN '处理节点中断，结果不确定'
            WHEN r.rescues + 1 >= p_most_rescues THEN '处理节点多次中断，已停止重试' END,
        -- a query or an upload may have been sent without an intent: its node can no longer say that it was not
        sends = r.sends + CASE WHEN r.status = 'CLAIMED' AND r.money_class IN ('Q', 'I') THEN 1 ELSE 0 END,
        rescues = r.rescues + 1, lease_until = NULL, update_time = v_now,
        -- the worker may live on and its answer may come: a resolution begins after the grace, and believes an absence after the quiet
        quiet_until = v_now + make_interval(secs => p_quiet_seconds),
        resolve_at = v_now + make_interval(secs => p_grace_seconds)
    WHERE r.request_id = ANY (ARRAY(
        SELECT l.request_id FROM public.medical_insurance_requests AS l
        WHERE l.status IN ('CLAIMED', 'SENDING') AND l.lease_until < v_now
        ORDER BY l.lease_until LIMIT 500 FOR UPDATE SKIP LOCKED))
      AND r.status IN ('CLAIMED', 'SENDING') AND r.lease_until < v_now
    RETURNING r.request_id, r.status;

    RETURN QUERY
    UPDATE public.medical_insurance_requests AS r
    SET status = 'TIMEOUT', update_time = v_now, error_code = -1005, error_message = '超时未发送，请求已作废'
    WHERE r.request_id = ANY (ARRAY(
        SELECT p.request_id FROM public.medical_insurance_requests AS p
        WHERE p.status = 'PENDING' AND p.sends = 0 AND p.expires_at <= v_now
        ORDER BY p.expires_at LIMIT 500 FOR UPDATE SKIP LOCKED))
      AND r.status = 'PENDING' AND r.sends = 0
    RETURNING r.request_id, r.status;

    RETURN QUERY
    SELECT r.request_id, r.status
    FROM public.medical_insurance_requests AS r
    WHERE r.status = 'DIVIDED'
      -- counted, since as a join it would read the parts of every request
      AND (SELECT count(*) FROM public.medical_insurance_requests AS o
           WHERE o.parent_id = r.request_id AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')) = 0
    ORDER BY r.request_id
    LIMIT 100;
END;
$$;
