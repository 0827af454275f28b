-- Whether the node of a process has written its first heartbeat.
SELECT count(*) FROM public.sdk_heartbeat AS h WHERE h.process_id = ?::integer AND h.status = 'RUNNING'
