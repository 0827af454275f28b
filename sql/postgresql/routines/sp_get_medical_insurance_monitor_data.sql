-- HIS: data for the monitoring screen, the same columns for every data_type:
-- health (one row per node and one for the whole), performance (one row per hour of the last 24), interfaces (one row per interface).
CREATE OR REPLACE FUNCTION public.sp_get_medical_insurance_monitor_data(
    data_type  varchar
) RETURNS TABLE (
    item                  varchar,
    item_name             varchar,
    item_status           varchar,
    total_count           bigint,
    success_count         bigint,
    business_error_count  bigint,
    system_error_count    bigint,
    open_count            bigint,
    avg_seconds           numeric,
    p95_seconds           numeric,
    item_time             timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_data_type  varchar := lower(coalesce(sp_get_medical_insurance_monitor_data.data_type, ''));
BEGIN
    IF v_data_type NOT IN ('health', 'performance', 'interfaces') THEN
        RAISE EXCEPTION '%', '-1001 参数错误：data_type：应为 health、performance 或 interfaces' USING ERRCODE = 'MI001';
    END IF;

    IF v_data_type = 'health' THEN
        RETURN QUERY
        SELECT 'service'::varchar, '医保接口服务'::varchar,
               CASE WHEN public.sp_check_sdk_service_status() = 1 THEN 'RUNNING' ELSE 'DOWN' END::varchar,
               coalesce(sum(m.total_count), 0)::bigint, coalesce(sum(m.success_count), 0)::bigint,
               coalesce(sum(m.business_error_count), 0)::bigint, coalesce(sum(m.system_error_count), 0)::bigint,
               coalesce(sum(m.open_count), 0)::bigint,
               round(sum(m.avg_seconds * m.total_count) / nullif(sum(CASE WHEN m.avg_seconds IS NOT NULL THEN m.total_count END), 0), 3),
               max(m.p95_seconds), clock_timestamp()
        FROM public.v_medical_insurance_monitor AS m;
        RETURN QUERY
        SELECT n.node_id, ('节点 ' || n.host_name || ' 进程 ' || n.process_id)::varchar, n.status::varchar, n.completed, NULL::bigint, NULL::bigint,
               NULL::bigint, n.in_flight::bigint, NULL::numeric, NULL::numeric, n.heartbeat_time
        FROM public.v_medical_insurance_nodes AS n
        ORDER BY n.node_id;
    ELSIF v_data_type = 'performance' THEN
        RETURN QUERY
        SELECT to_char(h.hour_start, 'YYYY-MM-DD HH24:00')::varchar, '每小时'::varchar, ''::varchar, h.total_count, h.success_count,
               h.business_error_count, h.system_error_count, h.open_count, h.avg_seconds, NULL::numeric, h.hour_start
        FROM (
            SELECT date_trunc('hour', r.create_time) AS hour_start,
                   count(*) AS total_count,
                   count(CASE WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN 1 END) AS success_count,
                   count(CASE WHEN r.status = 'COMPLETED' AND p.outcome <> 'OK' THEN 1 END) AS business_error_count,
                   count(CASE WHEN r.status IN ('ERROR', 'TIMEOUT') THEN 1 END) AS system_error_count,
                   count(CASE WHEN r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL') THEN 1 END) AS open_count,
                   round(avg(extract(epoch FROM p.create_time - r.create_time))::numeric, 3) AS avg_seconds
            FROM public.medical_insurance_requests AS r
            LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
            WHERE r.create_time >= statement_timestamp() - interval '24 hours' AND r.parent_id IS NULL
            GROUP BY date_trunc('hour', r.create_time)
        ) AS h
        ORDER BY h.hour_start;
    ELSE
        RETURN QUERY
        SELECT m.interface_code, m.interface_name, ''::varchar, m.total_count, m.success_count, m.business_error_count,
               m.system_error_count, m.open_count, m.avg_seconds, m.p95_seconds, m.last_request_time
        FROM public.v_medical_insurance_monitor AS m
        ORDER BY m.interface_code;
    END IF;
END;
$$;
