-- Bridge: keep the leases of what is still in flight. Returns the requests this node still holds; it has lost the others.
-- p_items: JSON array of {request_id, epoch}.
CREATE OR REPLACE FUNCTION public.sp_mi_renew(
    p_node_id        varchar,
    p_lease_seconds  integer,
    p_items          text
) RETURNS TABLE (
    request_id  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE public.medical_insurance_requests AS r
    SET lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
    FROM json_to_recordset(p_items::json) AS i(request_id bigint, epoch integer)
    WHERE r.request_id = i.request_id AND r.epoch = i.epoch AND r.status IN ('CLAIMED', 'SENDING') AND r.node_id = p_node_id
    RETURNING r.request_id;
END;
$$;
