-- Bridge: leases sagas that are due, each with its definition and what became of its steps.
-- steps: JSON array in the order they were taken, of {step_order, step_code, direction, attempt, interface_code, request_id, status,
-- outcome, infcode, err_msg, error_message, response_data, decision}; decision is a person's on a step that could not be compensated.
-- Rows are reached by their keys only, and said so to the planner: its plans are made while the tables are empty, and kept.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_claim(
    p_node_id        varchar,
    p_capacity       integer,
    p_lease_seconds  integer
) RETURNS TABLE (
    saga_id          bigint,
    epoch            integer,
    saga_code        varchar,
    definition_hash  char(64),
    definition       text,
    status           varchar,
    direction        varchar,
    input_data       text,
    error_code       integer,
    error_message    varchar,
    steps            text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
    v_ids  bigint[];
BEGIN
    v_ids := ARRAY(
        SELECT s.saga_id FROM public.medical_insurance_sagas AS s
        WHERE s.due_at IS NOT NULL AND s.due_at <= v_now
        ORDER BY s.due_at LIMIT p_capacity
        FOR UPDATE SKIP LOCKED);
    IF coalesce(cardinality(v_ids), 0) < p_capacity THEN
        v_ids := v_ids || ARRAY(
            SELECT s.saga_id
            FROM public.medical_insurance_sagas AS s
            JOIN public.medical_insurance_requests AS r ON r.request_id = s.watched_request_id
            WHERE s.watched_request_id IS NOT NULL AND s.due_at IS NULL
              AND (r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
                   OR (s.status IN ('RUNNING', 'COMPENSATING') AND r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL'))
                   OR (s.status = 'WAITING' AND s.direction = 'BACK' AND r.status = 'MANUAL'))
            ORDER BY s.watched_request_id LIMIT p_capacity - coalesce(cardinality(v_ids), 0)
            FOR UPDATE OF s SKIP LOCKED);
    END IF;
    IF coalesce(cardinality(v_ids), 0) = 0 THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH held AS (
        UPDATE public.medical_insurance_sagas AS s
        SET epoch = s.epoch + 1, node_id = p_node_id, due_at = v_now + make_interval(secs => p_lease_seconds)
        WHERE s.saga_id = ANY (v_ids)
          AND (s.due_at <= v_now OR (s.due_at IS NULL AND s.watched_request_id IS NOT NULL))
        RETURNING s.*
    )
    SELECT h.saga_id, h.epoch, h.saga_code, h.definition_hash, d.definition, h.status, h.direction, h.input_data, h.error_code,
           h.error_message,
           coalesce((
               SELECT json_agg(json_build_object(
                          'step_order', t.step_order, 'step_code', t.step_code, 'direction', t.direction, 'attempt', t.attempt,
                          'interface_code', t.interface_code, 'request_id', t.request_id, 'status', r.status, 'outcome', p.outcome,
                          'infcode', p.infcode, 'err_msg', p.err_msg, 'error_message', coalesce(t.error_message, r.error_message),
                          'response_data', p.response_data,
                          'decision', (SELECT c.decision FROM public.medical_insurance_saga_decisions AS c
                                       WHERE c.saga_id = t.saga_id AND c.step_order = t.step_order AND c.attempt = t.attempt
                                       ORDER BY c.decision_id DESC LIMIT 1))
                      ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END, t.attempt)
               FROM public.medical_insurance_saga_steps AS t
               LEFT JOIN public.medical_insurance_requests AS r ON r.request_id = t.request_id
               LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = t.request_id
               WHERE t.saga_id = h.saga_id)::text, '[]')
    FROM held AS h
    JOIN public.medical_insurance_saga_definitions AS d ON d.saga_code = h.saga_code AND d.definition_hash = h.definition_hash;
END;
$$;
