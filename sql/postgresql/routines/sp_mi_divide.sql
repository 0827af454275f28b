-- Bridge: a request this node has claimed and not sent is too large for one call: makes its parts, in one transaction, and leaves it
-- DIVIDED until the last of them has ended. Nothing was sent; costs no attempt.
-- Each part is a request of its own, with its own message number, intent and resolution. The parts share a key of their own, so that one
-- is under way at a time, in their order; the divided request keeps the patient's key, so that nothing of the patient comes between.
-- They wait where it waited: its rank, its time.
-- p_parts: JSON array of {part_no, first_row, row_count, stop_on_refusal, input_data}. p_check_report: what the check of the whole found.
-- Returns how many parts there are now; 0 when the request is no longer this epoch's; -1 when it cannot be divided and must go as it is: it
-- is a part, or may have been sent before. A repeated call (the first answer was lost) makes none.
CREATE OR REPLACE FUNCTION public.sp_mi_divide(
    p_node_id       varchar,
    p_request_id    bigint,
    p_epoch         integer,
    p_parts         text,
    p_check_report  varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   timestamptz(3) := clock_timestamp();
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_requests AS r
    SET status = 'DIVIDED', update_time = v_now, node_id = NULL, lease_until = NULL,
        check_report = coalesce(left(p_check_report, 4000), r.check_report)
    WHERE r.request_id = p_request_id AND r.epoch = p_epoch AND r.node_id = p_node_id AND r.status = 'CLAIMED'
      AND r.sends = 0 AND r.parent_id IS NULL AND json_array_length(p_parts::json) > 0;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows = 1 THEN
        INSERT INTO public.medical_insurance_requests (
            interface_code, org_code, input_data, money_class, priority, queue_rank, order_key, create_time, update_time, expires_at,
            timeout_seconds, max_retry_count, insuplc_admdvs, opter, opter_name, opter_type,
            parent_id, part_no, first_row, row_count, stop_on_refusal)
        SELECT r.interface_code, r.org_code, i.input_data, r.money_class, r.priority, r.queue_rank, 'D:' || r.request_id, v_now, v_now,
               r.expires_at, r.timeout_seconds, r.max_retry_count, r.insuplc_admdvs, r.opter, r.opter_name, r.opter_type,
               r.request_id, i.part_no, i.first_row, i.row_count, i.stop_on_refusal
        FROM json_to_recordset(p_parts::json) AS i(
            part_no integer, first_row integer, row_count integer, stop_on_refusal smallint, input_data text)
        CROSS JOIN public.medical_insurance_requests AS r
        WHERE r.request_id = p_request_id
        ORDER BY i.part_no;
    END IF;
    IF v_rows = 0 AND EXISTS (
        SELECT 1 FROM public.medical_insurance_requests AS r
        WHERE r.request_id = p_request_id AND r.epoch = p_epoch AND r.node_id = p_node_id AND r.status = 'CLAIMED') THEN
        RETURN -1;
    END IF;
    SELECT count(*) INTO v_rows
    FROM public.medical_insurance_requests AS r
    JOIN public.medical_insurance_requests AS c ON c.parent_id = r.request_id
    WHERE r.request_id = p_request_id AND r.epoch = p_epoch AND r.status = 'DIVIDED';
    RETURN v_rows;
END;
$$;
