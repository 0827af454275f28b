-- A named person closes a difference of the reconciliation, with a reason. Audited in the case itself; nobody can take it back. Never raises.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_reconciliation_close(
    case_id              bigint,
    operator             varchar,
    reason               varchar,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_blank     varchar := E' \t\r\n\u3000';
    v_case_id   bigint := case_id;
    v_operator  varchar := btrim(coalesce(operator, ''), v_blank);
    v_reason    varchar := btrim(coalesce(reason, ''), v_blank);
    v_faults    text := '';
    v_closed    varchar;
    v_found     bigint;
BEGIN
    IF v_operator = '' OR length(v_operator) > 50 THEN
        v_faults := v_faults || '；operator：请填写关闭人，不超过 50 个字符';
    END IF;
    IF v_reason = '' OR length(v_reason) > 500 THEN
        v_faults := v_faults || '；reason：请填写依据，不超过 500 个字符';
    END IF;
    IF v_faults <> '' THEN
        error_code := -1001;
        error_message := left('参数错误：' || substr(v_faults, 2), 500);
        RETURN;
    END IF;

    SELECT k.case_id, k.closed_by INTO v_found, v_closed
    FROM public.medical_insurance_reconciliation_cases AS k
    WHERE k.case_id = v_case_id
    FOR UPDATE;
    IF v_found IS NULL THEN
        error_code := -1001;
        error_message := '参数错误：case_id：没有编号为 ' || coalesce(v_case_id::text, 'NULL') || ' 的对账差异';
        RETURN;
    END IF;
    IF v_closed IS NOT NULL THEN
        error_code := -1004;
        error_message := '不能关闭：该差异已由 ' || v_closed || ' 关闭';
        RETURN;
    END IF;

    UPDATE public.medical_insurance_reconciliation_cases AS k
    SET closed_by = v_operator, close_reason = v_reason, close_time = clock_timestamp()
    WHERE k.case_id = v_case_id AND k.close_time IS NULL;
    error_code := 0;
    error_message := '';
EXCEPTION WHEN OTHERS THEN
    error_code := -1999;
    error_message := '登记失败（' || SQLSTATE || '）：请稍后重试';
    PERFORM public.sp_mi_log_error(NULL, 'sp_medical_insurance_reconciliation_close', -1999, SQLSTATE);
END;
$$;
