-- Operator and bridge: who is signed in; never the numbers.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_ins() RETURNS TABLE (
    org_code     varchar,
    opter        varchar,
    state        varchar,
    proved       smallint,
    sign_time    timestamptz,
    valid_until  timestamptz,
    node_id      varchar,
    message      varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.org_code, v.opter, v.state, v.proved, v.sign_time, v.valid_until, v.node_id, v.message
    FROM public.v_medical_insurance_sign_ins AS v
    ORDER BY v.org_code, v.opter;
END;
$$;
