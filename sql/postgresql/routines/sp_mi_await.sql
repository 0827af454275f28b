-- Waits for one request, committing before every look so that each sees the newest state. Called outside of a transaction only.
CREATE OR REPLACE PROCEDURE public.sp_mi_await(
    p_request_id           bigint,
    p_timeout              integer,
    INOUT p_result         text,
    INOUT p_error_code     integer,
    INOUT p_error_message  varchar
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_begin  timestamptz := clock_timestamp();
    v_until  timestamptz := clock_timestamp() + make_interval(secs => least(greatest(coalesce(p_timeout, 30), 0), 3600));
    v_state  record;
    v_over   boolean := false;
BEGIN
    LOOP
        SELECT * INTO v_state FROM public.sp_mi_peek(p_request_id);
        COMMIT;
        EXIT WHEN v_state.done = 1 OR v_over;
        IF clock_timestamp() >= v_until THEN
            -- whatever it is after this statement is what the caller is told
            PERFORM public.sp_mi_expire(p_request_id);
            COMMIT;
            v_over := true;
        ELSE
            -- quick while the cashier's answer is due, gentle when it takes long
            PERFORM pg_sleep(CASE WHEN clock_timestamp() < v_begin + interval '2 seconds' THEN 0.003 ELSE 0.03 END);
        END IF;
    END LOOP;
    p_result := v_state.result;
    p_error_code := v_state.error_code;
    p_error_message := v_state.error_message;
END;
$$;
