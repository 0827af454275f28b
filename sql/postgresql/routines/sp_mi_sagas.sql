-- Operator: the newest sagas, without payload, filtered by status and code (empty for all), below an id (null for the newest).
CREATE OR REPLACE FUNCTION public.sp_mi_sagas(
    p_status     varchar,
    p_saga_code  varchar,
    p_before_id  bigint,
    p_limit      integer
) RETURNS TABLE (
    saga_id        bigint,
    saga_code      varchar,
    status         varchar,
    current_step   varchar,
    error_code     integer,
    error_message  varchar,
    create_time    timestamptz,
    since          timestamptz,
    advice         varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.saga_id, v.saga_code, v.status, v.current_step, v.error_code, v.error_message, v.create_time, v.since, v.advice
    FROM public.v_medical_insurance_saga AS v
    WHERE (p_status = '' OR v.status = p_status)
      AND (p_saga_code = '' OR v.saga_code = p_saga_code)
      AND (p_before_id IS NULL OR v.saga_id < p_before_id)
    ORDER BY v.saga_id DESC
    LIMIT p_limit;
END;
$$;
