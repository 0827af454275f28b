-- The waiter's time is over. A request nobody claimed and nobody ever sent becomes TIMEOUT in the statement that proves it.
CREATE OR REPLACE FUNCTION public.sp_mi_expire(
    p_request_id  bigint
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_requests AS r
    SET status = 'TIMEOUT', update_time = clock_timestamp(), error_code = -1005, error_message = '超时未发送，请求已作废'
    WHERE r.request_id = p_request_id AND r.status = 'PENDING' AND r.sends = 0;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
