-- HIS: queue a request, wait for its answer up to timeout seconds, return it. Never raises; returns codes.
-- Commits before it waits, so it must be called outside of a transaction.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_call_v2(
    interface_code       varchar,
    input_data           text,
    timeout              integer  DEFAULT 30,
    retry_count          integer  DEFAULT 3,
    INOUT request_id     bigint   DEFAULT NULL,
    INOUT result         text     DEFAULT NULL,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL,
    org_code             varchar  DEFAULT NULL,
    business_key         varchar  DEFAULT NULL,
    priority             integer  DEFAULT NULL,
    serial_key           varchar  DEFAULT NULL,
    insuplc_admdvs       varchar  DEFAULT NULL,
    opter                varchar  DEFAULT NULL,
    opter_name           varchar  DEFAULT NULL,
    opter_type           varchar  DEFAULT NULL
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_inside  boolean;
    v_submit  record;
BEGIN
    request_id := NULL;
    result := NULL;
    CALL public.sp_mi_in_transaction(v_inside);
    IF v_inside THEN
        error_code := -1007;
        error_message := '不能在未提交的事务中等待结果：请先提交，或改用 sp_medical_insurance_call';
        RETURN;
    END IF;
    IF public.sp_check_sdk_service_status() = 0 THEN
        error_code := -1002;
        error_message := '医保接口服务未运行：请联系信息科';
        RETURN;
    END IF;
    SELECT * INTO v_submit
    FROM public.sp_mi_submit(interface_code, input_data, coalesce(timeout, 30), coalesce(retry_count, 3), org_code, business_key, priority,
                             serial_key, insuplc_admdvs, opter, opter_name, opter_type);
    COMMIT;
    request_id := v_submit.request_id;
    IF v_submit.error_code <> 0 THEN
        error_code := v_submit.error_code;
        error_message := v_submit.error_message;
        RETURN;
    END IF;
    CALL public.sp_mi_await(request_id, timeout, result, error_code, error_message);
END;
$$;
