-- A named person decides on a saga that waits for one (MANUAL), with a reason. Audited; software cannot take it back. Never raises.
-- decision: RETRY (try the compensation again), DONE (it was undone by hand: go on with the earlier steps).
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_saga_resolve(
    saga_id              bigint,
    decision             varchar,
    operator             varchar,
    reason               varchar,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now       timestamptz(3) := clock_timestamp();
    v_saga_id   bigint := saga_id;
    v_decision  varchar := upper(btrim(coalesce(decision, '')));
    v_operator  varchar := btrim(coalesce(operator, ''));
    v_reason    varchar := btrim(coalesce(reason, ''));
    v_faults    text := '';
    v_saga      record;
BEGIN
    IF v_decision NOT IN ('RETRY', 'DONE') THEN
        v_faults := v_faults || '；decision：应为 RETRY（再次撤销）或 DONE（已人工撤销）';
    END IF;
    IF v_operator = '' OR length(v_operator) > 50 THEN
        v_faults := v_faults || '；operator：请填写决定人，不超过 50 个字符';
    END IF;
    IF v_reason = '' OR length(v_reason) > 500 THEN
        v_faults := v_faults || '；reason：请填写依据，不超过 500 个字符';
    END IF;
    IF v_faults <> '' THEN
        error_code := -1001;
        error_message := left('参数错误：' || substr(v_faults, 2), 500);
        RETURN;
    END IF;

    SELECT s.status, s.watched_request_id INTO v_saga
    FROM public.medical_insurance_sagas AS s
    WHERE s.saga_id = v_saga_id
    FOR UPDATE;
    IF NOT FOUND THEN
        error_code := -1001;
        error_message := '参数错误：saga_id：没有编号为 ' || coalesce(v_saga_id::text, 'NULL') || ' 的流程';
        RETURN;
    END IF;
    IF v_saga.status <> 'MANUAL' THEN
        error_code := -1004;
        error_message := '不能决定：流程状态为 ' || v_saga.status || '，只有等待人工处理（MANUAL）的流程可以决定';
        RETURN;
    END IF;
    IF v_saga.watched_request_id IS NOT NULL THEN
        error_code := -1004;
        error_message := '请先核实请求 ' || v_saga.watched_request_id || '，并用 sp_medical_insurance_resolve 登记；流程随后自动继续';
        RETURN;
    END IF;

    INSERT INTO public.medical_insurance_saga_decisions (saga_id, step_order, attempt, decision, operator, reason, create_time)
    SELECT v_saga_id, t.step_order, t.attempt, v_decision, v_operator, v_reason, v_now
    FROM public.medical_insurance_saga_steps AS t
    WHERE t.saga_id = v_saga_id AND t.direction = 'BACK'
    ORDER BY t.step_order, t.attempt DESC
    LIMIT 1;
    UPDATE public.medical_insurance_sagas AS s
    SET due_at = v_now
    WHERE s.saga_id = v_saga_id AND s.status = 'MANUAL';
    error_code := 0;
    error_message := '';
EXCEPTION WHEN OTHERS THEN
    error_code := -1999;
    error_message := '登记失败（' || SQLSTATE || '）：请稍后重试';
    PERFORM public.sp_mi_log_error(NULL, 'sp_medical_insurance_saga_resolve', -1999, SQLSTATE);
END;
$$;
