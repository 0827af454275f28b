-- Bridge: moves a saga by one step: submits the next step's request and records it, in one transaction, under the holder's epoch.
-- The rules are kept here whatever the bridge thinks: a saga goes on only past a step that succeeded, turns back only once, and only
-- when its step has ended.
-- p_item: {status, keep, step_order, step_code, direction, attempt, interface_code, input_data, error_code, error_message}.
--   status: the saga's next. Without step_code nothing is submitted; with step_code and without input_data the step is recorded as
--   one that could not be submitted. keep is 1 when the saga goes on watching the request it watches.
-- Returns moved (1, or 0 when the saga is no longer the caller's or the way is not legal) and the submit's error, which moves nothing.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_advance(
    p_node_id          varchar,
    p_saga_id          bigint,
    p_epoch            integer,
    p_item             text,
    OUT moved          integer,
    OUT error_code     integer,
    OUT error_message  varchar
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now      timestamptz(3) := clock_timestamp();
    v_saga     record;
    v_item     record;
    v_watched  varchar;
    v_outcome  varchar;
    v_submit   record;
    v_request  bigint;
BEGIN
    moved := 0;
    error_code := 0;
    error_message := '';
    SELECT * INTO v_item
    FROM json_to_record(p_item::json) AS i(
        status varchar(12), keep smallint, step_order smallint, step_code varchar(20), direction varchar(7), attempt smallint,
        interface_code varchar(10), input_data text, error_code integer, error_message text);

    -- 1. the saga is still the caller's, and the way is legal
    SELECT * INTO v_saga
    FROM public.medical_insurance_sagas AS s
    WHERE s.saga_id = p_saga_id AND s.epoch = p_epoch AND s.node_id = p_node_id AND s.due_at IS NOT NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT r.status, p.outcome INTO v_watched, v_outcome
    FROM public.medical_insurance_requests AS r
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.request_id = v_saga.watched_request_id;
    -- what is not known to be legal is not
    IF (CASE v_item.status
        -- on past a step that succeeded, or to the first one
        WHEN 'RUNNING' THEN v_saga.direction = 'FORWARD' AND v_saga.status IN ('RUNNING', 'WAITING')
            AND v_item.direction = 'FORWARD' AND v_item.input_data IS NOT NULL
            AND (v_saga.watched_request_id IS NULL OR (v_watched = 'COMPLETED' AND v_outcome = 'OK'))
        WHEN 'COMPLETED' THEN v_saga.direction = 'FORWARD' AND v_saga.status IN ('RUNNING', 'WAITING')
            AND v_watched = 'COMPLETED' AND v_outcome = 'OK'
        -- back only when nothing of the saga is under way or in doubt
        WHEN 'COMPENSATING' THEN v_saga.status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND v_item.direction = 'BACK' AND v_item.input_data IS NOT NULL
            AND coalesce(v_watched, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
        WHEN 'COMPENSATED' THEN v_saga.status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND coalesce(v_watched, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
        WHEN 'WAITING' THEN v_saga.status IN ('RUNNING', 'COMPENSATING') AND v_saga.watched_request_id IS NOT NULL
        WHEN 'MANUAL' THEN v_saga.status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND coalesce(v_watched, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED', 'MANUAL')
        ELSE false END) IS NOT TRUE THEN
        RETURN;
    END IF;

    -- 2. the next step's request; the key makes a second one impossible
    IF v_item.step_code IS NOT NULL AND v_item.input_data IS NOT NULL THEN
        SELECT * INTO v_submit
        FROM public.sp_mi_submit(
            v_item.interface_code, v_item.input_data,
            -- a compensation must not lapse while the platform is away
            CASE v_item.direction WHEN 'BACK' THEN 86400 ELSE v_saga.timeout_seconds END,
            CASE v_item.direction WHEN 'BACK' THEN 20 ELSE 3 END,
            v_saga.org_code,
            'saga:' || p_saga_id || ':' || v_item.step_code || ':' || lower(v_item.direction)
                || CASE WHEN v_item.attempt > 1 THEN ':' || v_item.attempt ELSE '' END,
            v_saga.priority, NULL, v_saga.insuplc_admdvs, v_saga.opter, v_saga.opter_name, v_saga.opter_type);
        IF v_submit.error_code <> 0 THEN
            error_code := v_submit.error_code;
            error_message := v_submit.error_message;
            RETURN;
        END IF;
        v_request := v_submit.request_id;
    END IF;

    -- 3. the record, and the saga's new place
    IF v_item.step_code IS NOT NULL THEN
        INSERT INTO public.medical_insurance_saga_steps (
            saga_id, step_order, direction, attempt, step_code, interface_code, request_id, error_message, create_time)
        VALUES (
            p_saga_id, v_item.step_order, v_item.direction, v_item.attempt, v_item.step_code, v_item.interface_code, v_request,
            CASE WHEN v_request IS NULL THEN left(v_item.error_message, 500) END, v_now);
    END IF;
    UPDATE public.medical_insurance_sagas AS s
    SET status = v_item.status, due_at = NULL,
        direction = CASE WHEN v_item.status IN ('COMPENSATING', 'COMPENSATED') THEN 'BACK' ELSE coalesce(v_item.direction, s.direction) END,
        watched_request_id = CASE WHEN v_request IS NOT NULL THEN v_request WHEN v_item.keep = 1 THEN s.watched_request_id END,
        update_time = CASE WHEN s.status = v_item.status THEN s.update_time ELSE v_now END,
        error_code = coalesce(v_item.error_code, s.error_code),
        error_message = coalesce(left(v_item.error_message, 500), s.error_message)
    WHERE s.saga_id = p_saga_id AND s.epoch = p_epoch;
    moved := 1;
END;
$$;
