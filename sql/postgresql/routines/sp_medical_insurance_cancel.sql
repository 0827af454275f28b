-- HIS: take back a request that was not sent, of one that is sent in parts the parts not begun. Says so when it is too late. Never raises; returns codes.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_cancel(
    request_id           bigint,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_request_id  bigint := request_id;
    v_rows        integer;
    v_status      varchar;
    v_parts       integer;
    v_begun       integer;
BEGIN
    UPDATE public.medical_insurance_requests AS r
    SET status = 'CANCELLED', update_time = clock_timestamp(), error_code = -1004, error_message = '请求已取消，未发送'
    WHERE r.request_id = v_request_id AND r.status = 'PENDING' AND r.sends = 0;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    SELECT r.status INTO v_status FROM public.medical_insurance_requests AS r WHERE r.request_id = v_request_id;
    IF v_status = 'DIVIDED' THEN
        -- sent in parts: those not begun are taken back, and the rest is told
        UPDATE public.medical_insurance_requests AS r
        SET status = 'CANCELLED', update_time = clock_timestamp(), error_code = -1004, error_message = '请求已取消，未发送'
        WHERE r.parent_id = v_request_id AND r.status = 'PENDING' AND r.sends = 0;
        SELECT count(CASE WHEN c.status = 'CANCELLED' THEN 1 END), count(CASE WHEN c.status <> 'CANCELLED' THEN 1 END) INTO v_parts, v_begun
        FROM public.medical_insurance_requests AS c
        WHERE c.parent_id = v_request_id;
        v_status := CASE v_begun WHEN 0 THEN 'CANCELLED' ELSE v_status END;
    END IF;
    error_code := CASE WHEN v_rows = 1 OR v_status = 'CANCELLED' THEN 0 WHEN v_status IS NULL THEN -1001 ELSE -1004 END;
    error_message := CASE
        WHEN v_rows = 1 OR v_status = 'CANCELLED' THEN ''
        WHEN v_status = 'DIVIDED' THEN '不能整体取消：请求分批发送，已取消未发送的 ' || v_parts || ' 批，其余 ' || v_begun
            || ' 批以结果为准，见 v_medical_insurance_parts'
        WHEN v_status IS NULL THEN '参数错误：request_id：没有编号为 ' || coalesce(v_request_id::text, 'NULL') || ' 的请求'
        WHEN v_status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'REVERSED') THEN '不能取消：请求已结束，请查询结果'
        ELSE '不能取消：请求已发送或正在发送，请等待结果' END;
EXCEPTION WHEN OTHERS THEN
    error_code := -1999;
    error_message := '取消失败（' || SQLSTATE || '）：请稍后重试';
    PERFORM public.sp_mi_log_error(v_request_id, 'sp_medical_insurance_cancel', -1999, SQLSTATE);
END;
$$;
