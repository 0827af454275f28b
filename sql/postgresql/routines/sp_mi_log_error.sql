-- Writes one line into the error log. Never holds a payload, a name or an ID number.
CREATE OR REPLACE FUNCTION public.sp_mi_log_error(
    p_request_id     bigint,
    p_source         varchar,
    p_error_code     integer,
    p_error_message  varchar
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.medical_insurance_error_log (request_id, source, error_code, error_message)
    VALUES (p_request_id, left(p_source, 128), p_error_code, left(p_error_message, 2000));
END;
$$;
