-- Bridge: the number has been signed out (9002): nobody takes it any more. Returns 1, or 0 when it was not the one in use.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_in_end(
    p_org_code  varchar,
    p_opter     varchar,
    p_sign_no   varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows  integer;
BEGIN
    UPDATE public.medical_insurance_sign_ins AS s
    SET state = 'SIGNED_OUT', epoch = s.epoch + 1, sign_no = NULL, proved = 0, valid_until = NULL, update_time = clock_timestamp()
    WHERE s.org_code = p_org_code AND s.opter = p_opter AND s.state = 'SIGNED_IN' AND s.sign_no = p_sign_no;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END;
$$;
