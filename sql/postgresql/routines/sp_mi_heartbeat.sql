-- Bridge: this node is alive. Returns the database's clock, so that a node can see how far its own is off.
CREATE OR REPLACE FUNCTION public.sp_mi_heartbeat(
    p_node_id     varchar,
    p_host_name   varchar,
    p_process_id  integer,
    p_version     varchar,
    p_status      varchar,
    p_in_flight   integer,
    p_completed   bigint
) RETURNS TABLE (
    database_time_ms  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    UPDATE public.sdk_heartbeat AS h
    SET host_name = p_host_name, version = p_version, status = p_status, in_flight = p_in_flight, completed = p_completed,
        start_time = CASE WHEN h.process_id = p_process_id AND h.status <> 'STOPPED' THEN h.start_time ELSE v_now END,
        process_id = p_process_id, heartbeat_time = v_now
    WHERE h.node_id = p_node_id;
    IF NOT FOUND THEN
        INSERT INTO public.sdk_heartbeat (node_id, host_name, process_id, version, status, in_flight, completed, start_time, heartbeat_time)
        VALUES (p_node_id, p_host_name, p_process_id, p_version, p_status, p_in_flight, p_completed, v_now, v_now)
        ON CONFLICT (node_id) DO NOTHING;
    END IF;
    RETURN QUERY SELECT floor(extract(epoch FROM v_now) * 1000)::bigint;
END;
$$;
