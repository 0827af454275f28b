-- HIS and DBA: what is wrong now. Empty means all is well.
CREATE OR REPLACE FUNCTION public.sp_check_medical_insurance_alerts() RETURNS TABLE (
    alert_type     varchar,
    alert_level    varchar,
    alert_message  varchar,
    alert_time     timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_hour  record;
BEGIN
    SELECT count(CASE WHEN r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT') THEN 1 END) AS total,
           count(CASE WHEN r.status IN ('ERROR', 'TIMEOUT') OR p.outcome <> 'OK' THEN 1 END) AS failed,
           avg(extract(epoch FROM p.create_time - r.create_time) * 1000) AS avg_ms
    INTO v_hour
    FROM public.medical_insurance_requests AS r
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.create_time >= v_now - interval '1 hour' AND r.parent_id IS NULL;

    RETURN QUERY
    SELECT 'SERVICE_DOWN'::varchar, 'CRITICAL'::varchar, '超过 60 秒没有心跳：医保接口服务未运行，请检查服务 mi-bridge'::varchar, v_now
    WHERE NOT EXISTS (
        SELECT 1 FROM public.sdk_heartbeat AS h
        WHERE h.status <> 'STOPPED' AND h.heartbeat_time > v_now - interval '60 seconds');

    RETURN QUERY
    SELECT 'HIGH_ERROR_RATE'::varchar, 'WARNING'::varchar,
           ('最近一小时 ' || v_hour.total || ' 个请求中失败 ' || v_hour.failed || ' 个，超过 10%')::varchar, v_now
    WHERE v_hour.total > 10 AND v_hour.failed * 10 > v_hour.total;

    RETURN QUERY
    SELECT 'SLOW_RESPONSE'::varchar, 'WARNING'::varchar,
           ('最近一小时平均响应 ' || round(v_hour.avg_ms) || ' 毫秒，超过 5000 毫秒')::varchar, v_now
    WHERE v_hour.avg_ms > 5000;

    RETURN QUERY
    SELECT 'QUEUE_STALLED'::varchar, 'CRITICAL'::varchar,
           ('有 ' || count(*) || ' 个请求停滞，最久 ' || max(s.still_seconds) || ' 秒，见 v_medical_insurance_stuck')::varchar, v_now
    FROM public.v_medical_insurance_stuck AS s
    WHERE s.still_seconds > 60
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'UNCERTAIN_AGING'::varchar, CASE WHEN max(u.age_seconds) > 600 THEN 'CRITICAL' ELSE 'WARNING' END::varchar,
           ('有 ' || count(*) || ' 个请求结果不确定，最久 ' || max(u.age_seconds) || ' 秒，见 v_medical_insurance_uncertain')::varchar, v_now
    FROM public.v_medical_insurance_uncertain AS u
    WHERE u.age_seconds > 60
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'REVERSAL_FAILING'::varchar, 'CRITICAL'::varchar,
           ('有 ' || count(*) || ' 个冲正未成功或等待人工，最久 ' || max(u.age_seconds) || ' 秒，见 v_medical_insurance_uncertain')::varchar, v_now
    FROM public.v_medical_insurance_uncertain AS u
    JOIN public.medical_insurance_requests AS r ON r.request_id = u.request_id
    WHERE u.status = 'MANUAL' OR (u.status = 'REVERSING' AND r.resolve_tries >= 3)
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'SAGA_MANUAL'::varchar, 'CRITICAL'::varchar,
           ('有 ' || count(*) || ' 个业务流程撤销未完成，最久 ' || round(extract(epoch FROM v_now - min(s.update_time)))
               || ' 秒，见 v_medical_insurance_saga')::varchar, v_now
    FROM public.medical_insurance_sagas AS s
    WHERE s.status = 'MANUAL'
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'RECONCILIATION_DIFFERS'::varchar, 'WARNING'::varchar,
           ('有 ' || count(*) || ' 个对账差异待处理，最久 ' || round(extract(epoch FROM v_now - min(k.first_seen)))
               || ' 秒，见 v_medical_insurance_reconciliation')::varchar, v_now
    FROM public.medical_insurance_reconciliation_cases AS k
    WHERE k.close_time IS NULL AND k.gone_time IS NULL
    HAVING count(*) > 0;

    -- of the last weeks, what no later run of the same days or more has made good
    RETURN QUERY
    SELECT 'RECONCILIATION_FAILED'::varchar, 'WARNING'::varchar,
           left('有 ' || x.spans || ' 次对账未能完成，最近一次 ' || to_char(l.first_day, 'YYYY-MM-DD') || '：' || l.message, 500)::varchar, v_now
    FROM (
        SELECT count(*) AS spans, max(n.run_id) AS run_id
        FROM public.medical_insurance_reconciliation_runs AS n
        WHERE n.first_day >= v_now::date - 40 AND n.outcome = 'INCOMPLETE' AND NOT EXISTS (
            SELECT 1 FROM public.medical_insurance_reconciliation_runs AS m
            WHERE m.first_day <= n.first_day AND m.last_day >= n.last_day AND m.run_id > n.run_id AND m.outcome IS NOT NULL)
    ) AS x
    JOIN public.medical_insurance_reconciliation_runs AS l ON l.run_id = x.run_id;

    -- what a node says of itself ends with the node: SERVICE_DOWN speaks for the dead
    RETURN QUERY
    SELECT c.condition_type, CASE WHEN c.condition_type = 'SIGN_IN_FAILED' THEN 'CRITICAL' ELSE 'WARNING' END::varchar,
           c.message, c.create_time
    FROM public.medical_insurance_conditions AS c
    WHERE c.condition_type NOT IN ('BREAKER_OPEN', 'PROFILE_REFUSED', 'RULES_REFUSED', 'SAGA_REFUSED') OR EXISTS (
        SELECT 1 FROM public.sdk_heartbeat AS h
        WHERE h.node_id = c.subject AND h.status <> 'STOPPED' AND h.heartbeat_time > v_now - interval '60 seconds');
END;
$$;
