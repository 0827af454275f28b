-- Bridge: ends a divided request with the one answer that was made of its parts', under its epoch.
-- The rules are kept here whatever the bridge thinks: every part has ended; success means that every part succeeded; and what is said to
-- have had no effect has none in any part.
-- p_item: {status, outcome, infcode, err_msg, error_code, error_message, response_data}.
--   status: COMPLETED, ERROR, TIMEOUT, CANCELLED or REVERSED; a COMPLETED one's outcome is OK, REFUSED, SUSPICIOUS or PARTIAL.
-- Returns 1, or 0 when it ended before or the answer is not true.
CREATE OR REPLACE FUNCTION public.sp_mi_join(
    p_request_id  bigint,
    p_epoch       integer,
    p_item        text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now    timestamptz(3) := clock_timestamp();
    v_item   record;
    v_parts  record;
BEGIN
    SELECT * INTO v_item
    FROM json_to_record(p_item::json) AS i(
        status varchar(10), outcome varchar(16), infcode text, err_msg text, error_code integer, error_message text, response_data text);
    PERFORM 1
    FROM public.medical_insurance_requests AS r
    WHERE r.request_id = p_request_id AND r.epoch = p_epoch AND r.status = 'DIVIDED'
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT count(*) AS made,
           count(CASE WHEN c.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED') THEN 1 END) AS ended,
           count(CASE WHEN c.status = 'COMPLETED' THEN 1 END) AS answered,
           count(CASE WHEN c.status = 'COMPLETED' AND p.outcome = 'OK' THEN 1 END) AS succeeded,
           count(CASE WHEN c.status = 'COMPLETED' AND p.outcome = 'REFUSED' THEN 1 END) AS refused,
           count(CASE WHEN c.status = v_item.status THEN 1 END) AS alike
    INTO v_parts
    FROM public.medical_insurance_requests AS c
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = c.request_id
    WHERE c.parent_id = p_request_id;
    -- what is not known to be true is not
    IF (v_parts.made > 0 AND v_parts.ended = v_parts.made AND CASE
            WHEN v_item.status = 'COMPLETED' AND v_item.outcome = 'OK' THEN v_parts.succeeded = v_parts.made
            WHEN v_item.status = 'COMPLETED' AND v_item.outcome = 'REFUSED' THEN v_parts.answered = v_parts.refused AND v_parts.refused > 0
            WHEN v_item.status = 'COMPLETED' AND v_item.outcome IN ('SUSPICIOUS', 'PARTIAL')
                THEN v_parts.answered > v_parts.refused AND v_parts.succeeded < v_parts.made
            WHEN v_item.status IN ('TIMEOUT', 'CANCELLED', 'REVERSED') THEN v_parts.alike = v_parts.made
            WHEN v_item.status = 'ERROR' THEN v_parts.answered = 0
            ELSE false END) IS NOT TRUE THEN
        RETURN 0;
    END IF;
    UPDATE public.medical_insurance_requests AS r
    SET status = v_item.status, update_time = v_now, error_code = v_item.error_code, error_message = left(v_item.error_message, 500)
    WHERE r.request_id = p_request_id AND r.epoch = p_epoch AND r.status = 'DIVIDED';
    IF v_item.response_data IS NOT NULL THEN
        INSERT INTO public.medical_insurance_responses (request_id, response_data, infcode, err_msg, outcome, create_time)
        VALUES (p_request_id, v_item.response_data, left(v_item.infcode, 10), v_item.err_msg, v_item.outcome, v_now);
    END IF;
    RETURN 1;
END;
$$;
