-- Bridge: give back requests of which nothing was sent. Costs no attempt. Returns how many went back.
-- p_items: JSON array of {request_id, epoch}.
CREATE OR REPLACE FUNCTION public.sp_mi_release(
    p_node_id  varchar,
    p_items    text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_requests AS r
    SET status = 'PENDING', node_id = NULL, lease_until = NULL, update_time = clock_timestamp()
    FROM json_to_recordset(p_items::json) AS i(request_id bigint, epoch integer)
    WHERE r.request_id = i.request_id AND r.epoch = i.epoch AND r.status = 'CLAIMED' AND r.node_id = p_node_id;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
