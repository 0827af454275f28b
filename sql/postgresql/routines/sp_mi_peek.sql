-- What HIS may know of one request now: done is 1 when nothing more will come without a person.
CREATE OR REPLACE FUNCTION public.sp_mi_peek(
    p_request_id       bigint,
    OUT done           integer,
    OUT result         text,
    OUT error_code     integer,
    OUT error_message  varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_request  record;
BEGIN
    SELECT r.status, r.error_code, r.error_message INTO v_request
    FROM public.medical_insurance_requests AS r
    WHERE r.request_id = p_request_id;
    IF NOT FOUND THEN
        done := 1;
        error_code := -1001;
        error_message := '参数错误：request_id：没有编号为 ' || coalesce(p_request_id::text, 'NULL') || ' 的请求';
        RETURN;
    END IF;
    IF v_request.status = 'DIVIDED' THEN
        -- of a request in parts the part in doubt speaks, one at most
        SELECT coalesce(max(c.status), 'DIVIDED')::varchar AS status, NULL::integer AS error_code, NULL::varchar AS error_message INTO v_request
        FROM public.medical_insurance_requests AS c
        WHERE c.parent_id = p_request_id AND c.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL');
    END IF;
    done := CASE WHEN v_request.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED', 'MANUAL') THEN 1 ELSE 0 END;
    error_code := CASE v_request.status
        WHEN 'COMPLETED' THEN 0
        WHEN 'ERROR' THEN coalesce(v_request.error_code, -1004)
        WHEN 'CANCELLED' THEN -1004
        WHEN 'REVERSED' THEN -1004
        WHEN 'UNCERTAIN' THEN -1009
        WHEN 'REVERSING' THEN -1009
        WHEN 'MANUAL' THEN -1009
        ELSE -1005 END;
    error_message := CASE v_request.status
        WHEN 'COMPLETED' THEN ''
        WHEN 'ERROR' THEN coalesce(v_request.error_message, '处理失败')
        WHEN 'CANCELLED' THEN '请求已取消，未发送'
        WHEN 'REVERSED' THEN '结果曾不确定，已冲正：医保端没有生效，可以重新提交'
        WHEN 'UNCERTAIN' THEN '结果不确定，系统正在核实：请勿重新提交，稍后按请求编号查询'
        WHEN 'REVERSING' THEN '结果不确定，系统正在冲正：请勿重新提交，稍后按请求编号查询'
        WHEN 'MANUAL' THEN '结果不确定，等待人工核实：请勿重新提交，请联系医保办'
        WHEN 'TIMEOUT' THEN '超时未发送，请求已作废：可以重新提交'
        WHEN 'DIVIDED' THEN '正在分批办理，尚未全部结束：请稍后按请求编号查询，各批见 v_medical_insurance_parts'
        ELSE '尚无结果：请稍后按请求编号查询' END;
    IF v_request.status IN ('COMPLETED', 'ERROR') THEN
        SELECT p.response_data INTO result
        FROM public.medical_insurance_responses AS p
        WHERE p.request_id = p_request_id;
    END IF;
END;
$$;
