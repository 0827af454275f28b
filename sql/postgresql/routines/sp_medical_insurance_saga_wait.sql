-- HIS: wait for a saga queued earlier. Never raises; returns codes. Call it outside of a transaction.
-- result: the whole answer to the saga's last step; the other steps' answers stand in v_medical_insurance_result by their request_id.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_saga_wait(
    saga_id              bigint,
    timeout              integer  DEFAULT 30,
    INOUT result         text     DEFAULT NULL,
    INOUT error_code     integer  DEFAULT NULL,
    INOUT error_message  varchar  DEFAULT NULL
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_until   timestamptz := clock_timestamp() + make_interval(secs => least(greatest(coalesce(timeout, 30), 0), 3600));
    v_begin   timestamptz := clock_timestamp();
    v_saga    bigint := saga_id;
    v_inside  boolean;
    v_state   record;
BEGIN
    result := NULL;
    CALL public.sp_mi_in_transaction(v_inside);
    IF v_inside THEN
        error_code := -1007;
        error_message := '不能在未提交的事务中等待结果：请先提交，提交后再等待';
        RETURN;
    END IF;
    LOOP
        SELECT * INTO v_state FROM public.sp_mi_saga_peek(v_saga);
        COMMIT;
        EXIT WHEN v_state.done = 1 OR clock_timestamp() >= v_until;
        -- quick while a person stands at the window, gentle when it takes long
        PERFORM pg_sleep(CASE WHEN clock_timestamp() < v_begin + interval '5 seconds' THEN 0.01 ELSE 0.1 END);
    END LOOP;
    result := v_state.result;
    error_code := v_state.error_code;
    error_message := v_state.error_message;
END;
$$;
