-- Bridge: what became of a batch of requests. Every answer is kept as evidence, however late; a row changes only where its epoch
-- is still the sender's and the way to the new status is legal. Returns the requests whose row changed, and with the last part of a
-- divided request that request: whoever recorded it makes one answer of the parts'.
-- p_items: JSON array of {request_id, epoch, status, delay_ms, quiet_ms, error_code, error_message,
--   msgid, body_hash, outcome, infcode, err_msg, fault, http_status, duration_ms, inf_refmsgid, serial_no, response_data, check_report}.
--   status: COMPLETED, ERROR, PENDING (send again after delay_ms) or UNCERTAIN (resolve after delay_ms; an absence is believed
--   after quiet_ms). msgid is null when nothing was tried.
-- Rows are reached by their keys only, and said so to the planner: its plans are made while the tables are empty, and kept.
CREATE OR REPLACE FUNCTION public.sp_mi_finish(
    p_node_id  varchar,
    p_items    text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        -- whatever an insurer answers must fit: one strange answer never costs the others their place on disk
        SELECT i.request_id, i.epoch, i.status, i.delay_ms, i.quiet_ms, i.error_code, left(i.error_message, 500) AS error_message, i.msgid, i.body_hash,
            i.outcome, left(i.infcode, 10) AS infcode, i.err_msg, left(i.fault, 64) AS fault, i.http_status, i.duration_ms,
            left(i.inf_refmsgid, 64) AS inf_refmsgid, left(i.serial_no, 64) AS serial_no, i.response_data,
            left(i.check_report, 4000) AS check_report
        FROM json_to_recordset(p_items::json) AS i(
            request_id bigint, epoch integer, status varchar(10), delay_ms integer, quiet_ms integer, error_code integer, error_message text,
            msgid varchar(30), body_hash char(64), outcome varchar(16), infcode text, err_msg text, fault text,
            http_status integer, duration_ms integer, inf_refmsgid text, serial_no text, response_data text, check_report text)
    ), held AS MATERIALIZED (
        SELECT i.*, r.status AS held_status, r.money_class
        FROM items AS i
        JOIN public.medical_insurance_requests AS r ON r.request_id = i.request_id AND r.epoch = i.epoch
        WHERE r.request_id = ANY (ARRAY(SELECT k.request_id FROM items AS k)) AND r.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN')
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), done AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = l.status, update_time = v_now, lease_until = NULL, error_code = l.error_code, error_message = l.error_message,
            check_report = coalesce(l.check_report, r.check_report),
            tries = r.tries + CASE WHEN l.msgid IS NOT NULL THEN 1 ELSE 0 END,
            -- sends counts what may have reached the insurer; a proof that it did not takes it back
            sends = r.sends
                + CASE WHEN r.status = 'CLAIMED' AND l.msgid IS NOT NULL THEN 1 ELSE 0 END
                - CASE WHEN l.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN') AND l.msgid IS NOT NULL THEN 1 ELSE 0 END,
            quiet_until = CASE WHEN l.status = 'UNCERTAIN' THEN v_now + make_interval(secs => l.quiet_ms / 1000.0) ELSE r.quiet_until END,
            resolve_at = CASE WHEN l.status = 'UNCERTAIN' THEN v_now + make_interval(secs => l.delay_ms / 1000.0) ELSE r.resolve_at END,
            available_at = CASE WHEN l.status = 'PENDING' AND l.delay_ms > 0 THEN v_now + make_interval(secs => l.delay_ms / 1000.0) END
        FROM held AS l
        WHERE r.request_id = ANY (ARRAY(SELECT k.request_id FROM held AS k)) AND r.request_id = l.request_id AND r.epoch = l.epoch
          AND CASE
            -- completed means answered
            WHEN l.status = 'COMPLETED' AND l.outcome IS NULL THEN false
            -- the answer came late for this epoch; once a reversal was tried, a person's RETRY does not bring success back
            WHEN l.held_status = 'UNCERTAIN' THEN l.status = 'COMPLETED' AND l.outcome IN ('OK', 'REFUSED') AND NOT EXISTS (
                SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.request_id = l.request_id AND a.kind = 'reversal')
            -- a query or an upload may be sent again whatever happened
            WHEN l.money_class IN ('Q', 'I') THEN l.status IN ('COMPLETED', 'ERROR', 'PENDING')
            -- nothing of class M and N was sent yet
            WHEN l.held_status = 'CLAIMED' THEN
                l.status IN ('ERROR', 'PENDING') AND coalesce(l.outcome, 'NOT_SENT') IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN')
            WHEN l.status = 'COMPLETED' THEN l.outcome IN ('OK', 'REFUSED')
            WHEN l.status IN ('PENDING', 'ERROR') THEN l.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN')
            ELSE l.status = 'UNCERTAIN' END
        RETURNING r.request_id, r.epoch, r.parent_id, r.status, l.response_data, l.infcode, l.err_msg, l.outcome, l.msgid, l.inf_refmsgid, l.serial_no
    ), known AS MATERIALIZED (
        SELECT a.attempt_id, a.msgid
        FROM public.medical_insurance_attempts AS a
        WHERE a.msgid = ANY (ARRAY(SELECT k.msgid FROM items AS k WHERE k.msgid IS NOT NULL))
    ), answered AS (
        -- an answer may come after its attempt was given up: a yes or no of the platform outweighs our not knowing
        UPDATE public.medical_insurance_attempts AS a
        SET answer_time = v_now, outcome = i.outcome, infcode = i.infcode, err_msg = i.err_msg, fault = coalesce(nullif(i.fault, ''), a.fault),
            http_status = i.http_status, duration_ms = i.duration_ms,
            answer_data = CASE
                WHEN (i.request_id, i.epoch) IN (SELECT d.request_id, d.epoch FROM done AS d WHERE d.status IN ('COMPLETED', 'ERROR'))
                THEN a.answer_data ELSE coalesce(i.response_data, a.answer_data) END
        FROM items AS i
        WHERE a.attempt_id = ANY (ARRAY(SELECT k.attempt_id FROM known AS k)) AND a.msgid = i.msgid AND a.request_id = i.request_id
          AND (a.answer_time IS NULL OR (a.outcome NOT IN ('OK', 'REFUSED') AND i.outcome IN ('OK', 'REFUSED')))
    ), journal AS (
        INSERT INTO public.medical_insurance_attempts (
            request_id, epoch, msgid, node_id, body_hash, create_time, answer_time, outcome, infcode, err_msg, fault, http_status,
            duration_ms, answer_data)
        SELECT i.request_id, i.epoch, i.msgid, p_node_id, i.body_hash, v_now, v_now, i.outcome, i.infcode, i.err_msg, i.fault, i.http_status,
            i.duration_ms, CASE
                WHEN (i.request_id, i.epoch) IN (SELECT d.request_id, d.epoch FROM done AS d WHERE d.status IN ('COMPLETED', 'ERROR'))
                THEN NULL ELSE i.response_data END
        FROM items AS i
        WHERE i.msgid IS NOT NULL
          AND i.msgid NOT IN (SELECT k.msgid FROM known AS k)
        -- a call repeated while its first run still commits
        ON CONFLICT (msgid) DO NOTHING
    ), response AS (
        INSERT INTO public.medical_insurance_responses (
            request_id, response_data, infcode, err_msg, outcome, msgid, inf_refmsgid, serial_no, create_time)
        SELECT d.request_id, d.response_data, d.infcode, d.err_msg, d.outcome, d.msgid, d.inf_refmsgid, d.serial_no, v_now
        FROM done AS d
        WHERE d.status = 'COMPLETED' OR (d.status = 'ERROR' AND d.response_data IS NOT NULL)
    )
    SELECT d.request_id FROM done AS d
    UNION ALL
    SELECT d.parent_id FROM done AS d
    WHERE d.parent_id IS NOT NULL AND d.status IN ('COMPLETED', 'ERROR')
      -- counted, since as a join it would read the parts of every request
      AND (SELECT count(*) FROM public.medical_insurance_requests AS o
           WHERE o.parent_id = d.parent_id AND o.request_id <> d.request_id
             AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')) = 0;
END;
$$;
