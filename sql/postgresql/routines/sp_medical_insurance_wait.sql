-- HIS: wait for a request queued earlier. Never raises; returns codes. Call it outside of a transaction.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_wait(
    request_id           bigint,
    timeout              integer  DEFAULT 30,
    INOUT result         text     DEFAULT NULL,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_inside  boolean;
BEGIN
    result := NULL;
    CALL public.sp_mi_in_transaction(v_inside);
    IF v_inside THEN
        error_code := -1007;
        error_message := '不能在未提交的事务中等待结果：请先提交，提交后再等待';
        RETURN;
    END IF;
    CALL public.sp_mi_await(request_id, timeout, result, error_code, error_message);
END;
$$;
