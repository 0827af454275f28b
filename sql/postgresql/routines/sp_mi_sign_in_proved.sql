-- Bridge: the platform has taken this sign-in's number; whatever alert there was of it is over. Returns 1, or 0 when it is of the past.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_in_proved(
    p_org_code  varchar,
    p_opter     varchar,
    p_epoch     integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_sign_ins AS s
    SET proved = 1
    WHERE s.org_code = p_org_code AND s.opter = p_opter AND s.epoch = p_epoch AND s.state = 'SIGNED_IN';
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows > 0 THEN
        DELETE FROM public.medical_insurance_conditions AS c
        WHERE c.condition_type = 'SIGN_IN_FAILED' AND c.subject = p_org_code || ' ' || p_opter;
    END IF;
    RETURN v_rows;
END;
$$;
