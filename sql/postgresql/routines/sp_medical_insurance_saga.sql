-- HIS: queue a business of several steps inside the caller's transaction and return at once.
-- Raises MI001 (-1001), MI003 (-1003), MI006 (-1006) or MI008 (-1008) and queues nothing when the saga cannot be taken.
CREATE OR REPLACE PROCEDURE public.sp_medical_insurance_saga(
    saga_code        varchar,
    input_data       text,
    INOUT saga_id    bigint   DEFAULT NULL,
    org_code         varchar  DEFAULT NULL,
    business_key     varchar  DEFAULT NULL,
    priority         integer  DEFAULT NULL,
    timeout          integer  DEFAULT NULL,
    insuplc_admdvs   varchar  DEFAULT NULL,
    opter            varchar  DEFAULT NULL,
    opter_name       varchar  DEFAULT NULL,
    opter_type       varchar  DEFAULT NULL
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_submit  record;
BEGIN
    SELECT * INTO v_submit
    FROM public.sp_mi_saga_submit(saga_code, input_data, timeout, org_code, business_key, priority, insuplc_admdvs, opter,
                                  opter_name, opter_type);
    IF v_submit.error_code <> 0 THEN
        RAISE EXCEPTION '%', v_submit.error_code || ' ' || v_submit.error_message
            USING ERRCODE = 'MI' || lpad((-1000 - v_submit.error_code)::text, 3, '0');
    END IF;
    saga_id := v_submit.saga_id;
END;
$$;
