-- Operator: every step of one saga, in the order they were taken, without payload.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_steps(
    p_saga_id  bigint
) RETURNS TABLE (
    step_order      smallint,
    step_code       varchar,
    direction       varchar,
    attempt         smallint,
    interface_code  varchar,
    request_id      bigint,
    status          varchar,
    infcode         varchar,
    error_message   varchar,
    create_time     timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.step_order, v.step_code, v.direction, v.attempt, v.interface_code, v.request_id, v.status, v.infcode, v.error_message,
           v.create_time
    FROM public.v_medical_insurance_saga_steps AS v
    WHERE v.saga_id = p_saga_id
    ORDER BY CASE v.direction WHEN 'FORWARD' THEN v.step_order ELSE 1000 - v.step_order END, v.attempt;
END;
$$;
