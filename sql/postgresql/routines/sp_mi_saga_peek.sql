-- What HIS may know of one saga now: done is 1 when nothing more will come without a person. result is the answer to its last step.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_peek(
    p_saga_id          bigint,
    OUT done           integer,
    OUT result         text,
    OUT error_code     integer,
    OUT error_message  varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_saga  record;
BEGIN
    SELECT s.status, s.error_message INTO v_saga
    FROM public.medical_insurance_sagas AS s
    WHERE s.saga_id = p_saga_id;
    IF NOT FOUND THEN
        done := 1;
        error_code := -1001;
        error_message := '参数错误：saga_id：没有编号为 ' || coalesce(p_saga_id::text, 'NULL') || ' 的流程';
        RETURN;
    END IF;
    done := CASE WHEN v_saga.status IN ('COMPLETED', 'COMPENSATED', 'MANUAL') THEN 1 ELSE 0 END;
    error_code := CASE v_saga.status WHEN 'COMPLETED' THEN 0 WHEN 'COMPENSATED' THEN -1004 WHEN 'MANUAL' THEN -1009
        WHEN 'WAITING' THEN -1009 ELSE -1005 END;
    error_message := left(CASE v_saga.status
        WHEN 'COMPLETED' THEN ''
        WHEN 'COMPENSATED' THEN coalesce(v_saga.error_message, '未完成') || '。已办步骤均已撤销，可以重新提交'
        WHEN 'MANUAL' THEN coalesce(v_saga.error_message, '撤销未完成') || '。等待人工处理：请勿重新提交，请联系医保办'
        WHEN 'WAITING' THEN '有步骤结果不确定，系统正在核实：请勿重新提交，稍后按流程编号查询'
        WHEN 'COMPENSATING' THEN coalesce(v_saga.error_message, '未完成') || '。正在撤销已办步骤：请勿重新提交，稍后按流程编号查询'
        ELSE '尚未完成：请稍后按流程编号查询' END, 500);
    IF v_saga.status = 'COMPLETED' THEN
        SELECT p.response_data INTO result
        FROM public.medical_insurance_saga_steps AS t
        JOIN public.medical_insurance_responses AS p ON p.request_id = t.request_id
        WHERE t.saga_id = p_saga_id AND t.direction = 'FORWARD'
        ORDER BY t.step_order DESC
        LIMIT 1;
    END IF;
END;
$$;
