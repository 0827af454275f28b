-- Resolver: what a step proved. The attempt's answer is always kept; the row changes only under the resolver's own epoch and only
-- along the legal ways. Returns the requests whose row changed.
-- p_items: JSON array of {request_id, resolve_epoch (0 keeps the answer alone), status, delay_ms, needs_quiet, error_code, error_message,
--   msgid, outcome, infcode, err_msg, fault, http_status, duration_ms, inf_refmsgid, serial_no, response_data}.
--   status: COMPLETED (an inquiry found the effect), REVERSED, MANUAL, or the status it has: try again after delay_ms.
--   needs_quiet is 1 when REVERSED rests on "no such original". msgid is null when nothing was sent.
CREATE OR REPLACE FUNCTION public.sp_mi_finish_step(
    p_node_id  varchar,
    p_items    text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH items AS MATERIALIZED (
        -- whatever an insurer answers must fit: a strange answer to an inquiry or a reversal is evidence like any other
        SELECT i.item_no, i.request_id, i.resolve_epoch, i.status, i.delay_ms, i.needs_quiet, i.error_code, i.error_message, i.msgid, i.outcome,
            left(i.infcode, 10) AS infcode, i.err_msg, left(i.fault, 64) AS fault, i.http_status, i.duration_ms,
            left(i.inf_refmsgid, 64) AS inf_refmsgid, left(i.serial_no, 64) AS serial_no, i.response_data
        FROM ROWS FROM (json_to_recordset(p_items::json) AS (
            request_id bigint, resolve_epoch integer, status varchar(10), delay_ms integer, needs_quiet smallint, error_code integer,
            error_message text, msgid varchar(30), outcome varchar(16), infcode text, err_msg text, fault text,
            http_status integer, duration_ms integer, inf_refmsgid text, serial_no text, response_data text
        )) WITH ORDINALITY AS i(
            request_id, resolve_epoch, status, delay_ms, needs_quiet, error_code, error_message, msgid, outcome, infcode, err_msg, fault,
            http_status, duration_ms, inf_refmsgid, serial_no, response_data, item_no)
    ), held AS MATERIALIZED (
        SELECT i.*
        FROM public.medical_insurance_requests AS r
        JOIN items AS i ON i.request_id = r.request_id AND i.resolve_epoch = r.resolve_epoch
        -- a finished step has no lease: a repeated call changes nothing, not even after a person's decision
        WHERE r.node_id = p_node_id AND r.lease_until IS NOT NULL
          AND ((r.status = 'UNCERTAIN' AND i.status IN ('UNCERTAIN', 'MANUAL'))
               -- an earlier reversal may still take away what an inquiry sees
               OR (r.status = 'UNCERTAIN' AND i.status = 'COMPLETED' AND NOT EXISTS (
                   SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.request_id = r.request_id AND a.kind = 'reversal'))
               OR (r.status = 'REVERSING' AND i.status IN ('REVERSING', 'MANUAL'))
               OR (r.status = 'REVERSING' AND i.status = 'REVERSED' AND (coalesce(i.needs_quiet, 0) = 0 OR r.quiet_until <= v_now)))
        ORDER BY r.request_id
        FOR UPDATE OF r
    ), legal AS MATERIALIZED (
        -- one item a request: the last one that is legal
        SELECT DISTINCT ON (h.request_id) h.*
        FROM held AS h
        ORDER BY h.request_id, h.item_no DESC
    ), done AS (
        UPDATE public.medical_insurance_requests AS r
        SET status = l.status, lease_until = NULL,
            -- a reversal that was proved not to have arrived costs no try
            resolve_tries = r.resolve_tries - CASE
                WHEN r.status = 'REVERSING' AND l.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN') THEN 1 ELSE 0 END,
            resolve_at = v_now + make_interval(secs => coalesce(l.delay_ms, 0) / 1000.0),
            update_time = CASE WHEN r.status = l.status THEN r.update_time ELSE v_now END,
            error_code = CASE WHEN l.status = 'COMPLETED' THEN NULL ELSE coalesce(l.error_code, r.error_code) END,
            error_message = CASE WHEN l.status = 'COMPLETED' THEN NULL ELSE coalesce(left(l.error_message, 500), r.error_message) END
        FROM legal AS l
        WHERE r.request_id = l.request_id
        RETURNING r.request_id, r.status
    ), answered AS (
        UPDATE public.medical_insurance_attempts AS a
        SET answer_time = v_now, outcome = i.outcome, infcode = i.infcode, err_msg = i.err_msg, fault = i.fault,
            http_status = i.http_status, duration_ms = i.duration_ms, answer_data = i.response_data
        FROM items AS i
        WHERE a.msgid = i.msgid AND a.request_id = i.request_id AND a.answer_time IS NULL
    ), response AS (
        INSERT INTO public.medical_insurance_responses (
            request_id, response_data, infcode, err_msg, outcome, msgid, inf_refmsgid, serial_no, create_time)
        SELECT l.request_id, l.response_data, l.infcode, l.err_msg, l.outcome, l.msgid, l.inf_refmsgid, l.serial_no, v_now
        FROM legal AS l
        JOIN done AS d ON d.request_id = l.request_id
        WHERE d.status = 'COMPLETED'
    )
    SELECT d.request_id FROM done AS d;
END;
$$;
