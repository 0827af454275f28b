-- A named person decides on a request that waits for one (MANUAL), with a reason. Audited; software cannot take it back. Never raises.
-- decision: EFFECTIVE (it took effect at the insurer; setl_id required for settlements), NOT_EFFECTIVE, RETRY (try the reversal again).
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_resolve(
    request_id           bigint,
    decision             varchar,
    operator             varchar,
    reason               varchar,
    setl_id              varchar  DEFAULT NULL,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now         timestamptz(3) := clock_timestamp();
    v_blank       varchar := E' \t\r\n\u3000';
    v_request_id  bigint := request_id;
    v_decision    varchar := upper(btrim(coalesce(decision, ''), v_blank));
    v_operator    varchar := btrim(coalesce(operator, ''), v_blank);
    v_reason      varchar := btrim(coalesce(reason, ''), v_blank);
    v_setl_id     varchar := nullif(btrim(coalesce(setl_id, ''), v_blank), '');
    v_faults      text := '';
    v_status      varchar;
    v_class       char(1);
    v_quiet       timestamptz;
    v_after       varchar;
BEGIN
    IF v_decision NOT IN ('EFFECTIVE', 'NOT_EFFECTIVE', 'RETRY') THEN
        v_faults := v_faults || '；decision：应为 EFFECTIVE（已生效）、NOT_EFFECTIVE（未生效）或 RETRY（再次冲正）';
    END IF;
    IF v_operator = '' OR length(v_operator) > 50 THEN
        v_faults := v_faults || '；operator：请填写决定人，不超过 50 个字符';
    END IF;
    IF v_reason = '' OR length(v_reason) > 500 THEN
        v_faults := v_faults || '；reason：请填写依据，不超过 500 个字符';
    END IF;
    IF length(v_setl_id) > 40 THEN
        v_faults := v_faults || '；setl_id：不能超过 40 个字符';
    END IF;
    IF v_faults <> '' THEN
        error_code := -1001;
        error_message := left('参数错误：' || substr(v_faults, 2), 500);
        RETURN;
    END IF;

    SELECT r.status, r.money_class, r.quiet_until INTO v_status, v_class, v_quiet
    FROM public.medical_insurance_requests AS r
    WHERE r.request_id = v_request_id
    FOR UPDATE;
    IF v_status IS NULL THEN
        error_code := -1001;
        error_message := '参数错误：request_id：没有编号为 ' || coalesce(v_request_id::text, 'NULL') || ' 的请求';
        RETURN;
    END IF;
    IF v_status <> 'MANUAL' THEN
        error_code := -1004;
        error_message := '不能决定：请求状态为 ' || v_status || '，只有等待人工核实（MANUAL）的请求可以决定';
        RETURN;
    END IF;
    IF v_decision = 'RETRY' AND v_class <> 'M' THEN
        error_code := -1004;
        error_message := '不能再次冲正：该交易不可冲正，请核实后选择 EFFECTIVE 或 NOT_EFFECTIVE';
        RETURN;
    END IF;

    IF v_decision = 'NOT_EFFECTIVE' AND v_quiet > v_now THEN
        error_code := -1004;
        error_message := '不能决定未生效：原报文在 ' || ceil(extract(epoch FROM v_quiet - v_now)) || ' 秒内仍可能生效，请届时再核实一次';
        RETURN;
    END IF;

    v_after := CASE v_decision WHEN 'EFFECTIVE' THEN 'COMPLETED' WHEN 'NOT_EFFECTIVE' THEN 'REVERSED' ELSE 'UNCERTAIN' END;
    UPDATE public.medical_insurance_requests AS r
    SET status = v_after, update_time = v_now, resolve_at = v_now, resolve_tries = 0, lease_until = NULL,
        error_code = CASE v_after WHEN 'COMPLETED' THEN NULL WHEN 'REVERSED' THEN -1004 ELSE -1009 END,
        error_message = CASE v_after WHEN 'COMPLETED' THEN NULL WHEN 'REVERSED' THEN '人工核实：医保端没有生效，可以重新提交'
            ELSE '结果不确定，系统正在核实：请勿重新提交' END
    WHERE r.request_id = v_request_id AND r.status = 'MANUAL';
    INSERT INTO public.medical_insurance_decisions (request_id, decision, operator, reason, setl_id, status_before, status_after, create_time)
    VALUES (v_request_id, v_decision, v_operator, v_reason, v_setl_id, v_status, v_after, v_now);
    IF v_after = 'COMPLETED' THEN
        INSERT INTO public.medical_insurance_responses (request_id, response_data, infcode, err_msg, outcome, create_time)
        SELECT v_request_id,
               CASE WHEN v_setl_id IS NULL THEN '{"infcode":0,"output":null}'
                    ELSE json_build_object('infcode', 0, 'output', json_build_object('setlinfo', json_build_object('setl_id', v_setl_id)))::text END,
               '0', '人工核实：已生效', 'OK', v_now
        WHERE NOT EXISTS (SELECT 1 FROM public.medical_insurance_responses AS p WHERE p.request_id = v_request_id);
    END IF;
    error_code := 0;
    error_message := '';
EXCEPTION WHEN OTHERS THEN
    error_code := -1999;
    error_message := '登记失败（' || SQLSTATE || '）：请稍后重试';
    PERFORM public.sp_mi_log_error(v_request_id, 'sp_medical_insurance_resolve', -1999, SQLSTATE);
END;
$$;
