-- Bridge: reports a lasting condition (sign-in failed, breaker open) or, with an empty message, its end.
CREATE OR REPLACE FUNCTION public.sp_mi_condition(
    p_condition_type  varchar,
    p_subject         varchar,
    p_message         varchar
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    IF coalesce(p_message, '') = '' THEN
        DELETE FROM public.medical_insurance_conditions AS c
        WHERE c.condition_type = p_condition_type AND c.subject = p_subject;
        RETURN;
    END IF;
    UPDATE public.medical_insurance_conditions AS c
    SET message = left(p_message, 500), update_time = v_now
    WHERE c.condition_type = p_condition_type AND c.subject = p_subject;
    IF NOT FOUND THEN
        INSERT INTO public.medical_insurance_conditions (condition_type, subject, message, create_time, update_time)
        VALUES (p_condition_type, p_subject, left(p_message, 500), v_now, v_now)
        ON CONFLICT (condition_type, subject) DO NOTHING;
    END IF;
END;
$$;
