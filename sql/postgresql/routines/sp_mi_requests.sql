-- Operator: the newest requests, without payload, filtered by internal status and interface (empty for all), below an id (null for the newest).
CREATE OR REPLACE FUNCTION public.sp_mi_requests(
    p_status          varchar,
    p_interface_code  varchar,
    p_before_id       bigint,
    p_limit           integer
) RETURNS TABLE (
    request_id      bigint,
    interface_code  varchar,
    interface_name  varchar,
    status          varchar,
    money_class     char(1),
    tries           integer,
    infcode         varchar,
    error_code      integer,
    create_time     timestamptz,
    update_time     timestamptz,
    node_id         varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.request_id, r.interface_code, i.interface_name, r.status, r.money_class, r.tries, p.infcode, r.error_code,
           r.create_time, r.update_time, r.node_id
    FROM public.medical_insurance_requests AS r
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = r.request_id
    LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
    WHERE (p_status = '' OR r.status = p_status)
      AND (p_interface_code = '' OR r.interface_code = p_interface_code)
      AND (p_before_id IS NULL OR r.request_id < p_before_id)
    ORDER BY r.request_id DESC
    LIMIT p_limit;
END;
$$;
