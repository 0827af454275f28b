-- Bridge: what became of a batch of requests. Every answer is kept as evidence, however late; a row changes only where its epoch
-- is still the sender's and the way to the new status is legal. Returns the requests whose row changed.
-- p_items: JSON array of {request_id, epoch, status, delay_ms, error_code, error_message, tried,
--   msgid, body_hash, outcome, infcode, err_msg, fault, http_status, duration_ms, inf_refmsgid, serial_no, response_data}.
--   status: COMPLETED, ERROR, PENDING (send again after delay_ms) or UNCERTAIN. msgid is null when nothing was tried.
CREATE OR REPLACE FUNCTION public.sp_mi_finish(
    p_node_id  varchar,
    p_items    text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        SELECT *
        FROM json_to_recordset(p_items::json) AS i(
            request_id bigint, epoch integer, status varchar(10), delay_ms integer, error_code integer, error_message text,
            msgid varchar(30), body_hash char(64), outcome varchar(16), infcode varchar(10), err_msg text, fault varchar(64),
            http_status integer, duration_ms integer, inf_refmsgid varchar(64), serial_no varchar(64), response_data text)
    ), held AS MATERIALIZED (
        SELECT r.request_id, r.status, r.money_class
        FROM public.medical_insurance_requests AS r
        JOIN items AS i ON i.request_id = r.request_id AND i.epoch = r.epoch
        WHERE r.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN')
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), legal AS MATERIALIZED (
        SELECT i.request_id
        FROM items AS i
        JOIN held AS h ON h.request_id = i.request_id
        WHERE CASE
            -- the answer came late for this epoch
            WHEN h.status = 'UNCERTAIN' THEN i.status = 'COMPLETED' AND i.outcome IN ('OK', 'REFUSED')
            -- a query or an upload may be sent again whatever happened
            WHEN h.money_class IN ('Q', 'I') THEN i.status IN ('COMPLETED', 'ERROR', 'PENDING')
            -- nothing of class M and N was sent yet
            WHEN h.status = 'CLAIMED' THEN i.status IN ('ERROR', 'PENDING')
            WHEN i.status = 'COMPLETED' THEN i.outcome IN ('OK', 'REFUSED')
            WHEN i.status IN ('PENDING', 'ERROR') THEN i.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY')
            ELSE i.status = 'UNCERTAIN' END
    ), done AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = i.status, update_time = v_now, lease_until = NULL,
            error_code = i.error_code, error_message = left(i.error_message, 500),
            tries = r.tries + CASE WHEN i.msgid IS NOT NULL THEN 1 ELSE 0 END,
            -- sends counts what may have reached the insurer; a proof that it did not takes it back
            sends = r.sends
                + CASE WHEN r.status = 'CLAIMED' AND i.msgid IS NOT NULL THEN 1 ELSE 0 END
                - CASE WHEN i.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY') AND (i.msgid IS NOT NULL) THEN 1 ELSE 0 END,
            available_at = CASE WHEN i.status = 'PENDING' AND i.delay_ms > 0 THEN v_now + make_interval(secs => i.delay_ms / 1000.0) END
        FROM items AS i
        JOIN legal AS l ON l.request_id = i.request_id
        WHERE r.request_id = i.request_id AND r.epoch = i.epoch
        RETURNING r.request_id, r.status
    ), answered AS (
        UPDATE public.medical_insurance_attempts AS a
        SET answer_time = v_now, outcome = i.outcome, infcode = i.infcode, err_msg = i.err_msg, fault = i.fault,
            http_status = i.http_status, duration_ms = i.duration_ms,
            answer_data = CASE WHEN d.status IN ('COMPLETED', 'ERROR') THEN NULL ELSE i.response_data END
        FROM items AS i
        LEFT JOIN done AS d ON d.request_id = i.request_id
        WHERE a.msgid = i.msgid AND a.answer_time IS NULL
        RETURNING a.msgid
    ), journal AS (
        INSERT INTO public.medical_insurance_attempts (
            request_id, epoch, msgid, node_id, body_hash, create_time, answer_time, outcome, infcode, err_msg, fault, http_status,
            duration_ms, answer_data)
        SELECT i.request_id, i.epoch, i.msgid, p_node_id, i.body_hash, v_now, v_now, i.outcome, i.infcode, i.err_msg, i.fault, i.http_status,
            i.duration_ms, CASE WHEN d.status IN ('COMPLETED', 'ERROR') THEN NULL ELSE i.response_data END
        FROM items AS i
        LEFT JOIN done AS d ON d.request_id = i.request_id
        WHERE i.msgid IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.msgid = i.msgid)
    ), response AS (
        INSERT INTO public.medical_insurance_responses (
            request_id, response_data, infcode, err_msg, outcome, msgid, inf_refmsgid, serial_no, create_time)
        SELECT i.request_id, i.response_data, i.infcode, i.err_msg, i.outcome, i.msgid, i.inf_refmsgid, i.serial_no, v_now
        FROM items AS i
        JOIN done AS d ON d.request_id = i.request_id
        WHERE d.status = 'COMPLETED' OR (d.status = 'ERROR' AND i.response_data IS NOT NULL)
    )
    SELECT d.request_id FROM done AS d;
END;
$$;
