-- HIS: 1 when any node's heartbeat is younger than 30 seconds, else 0.
CREATE OR REPLACE FUNCTION public.sp_check_sdk_service_status() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM public.sdk_heartbeat AS h
        WHERE h.status <> 'STOPPED' AND h.heartbeat_time > clock_timestamp() - interval '30 seconds') THEN
        RETURN 1;
    END IF;
    RETURN 0;
END;
$$;
