-- Which nodes are alive, since when, and how much each is doing.
CREATE OR REPLACE VIEW public.v_medical_insurance_nodes AS
SELECT h.node_id, h.host_name, h.process_id, h.version,
       CASE WHEN h.status = 'STOPPED' THEN 'STOPPED'
            WHEN h.heartbeat_time < statement_timestamp() - interval '30 seconds' THEN 'LOST'
            ELSE h.status END AS status,
       h.in_flight, h.completed, h.start_time, h.heartbeat_time,
       round(extract(epoch FROM statement_timestamp() - h.heartbeat_time)::numeric, 1) AS heartbeat_age_seconds
FROM public.sdk_heartbeat AS h;
