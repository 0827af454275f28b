-- Bridge: the settlements and refunds whose time by the platform lies from p_begin to before p_end, less those that 2601 has reversed.
CREATE OR REPLACE FUNCTION public.sp_mi_settlements(
    p_begin  timestamp,
    p_end    timestamp
) RETURNS TABLE (
    request_id       bigint,
    interface_code   varchar,
    org_code         varchar,
    kind             varchar,
    msgid            varchar,
    setl_id          varchar,
    mdtrt_id         varchar,
    psn_no           varchar,
    insutype         varchar,
    clr_type         varchar,
    clr_optins       varchar,
    setl_time        timestamp,
    medfee_sumamt    numeric,
    fund_pay_sumamt  numeric,
    acct_pay         numeric,
    psn_cash_pay     numeric
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.request_id, s.interface_code, s.org_code, s.kind, s.msgid, s.setl_id, s.mdtrt_id, s.psn_no, s.insutype, s.clr_type,
           s.clr_optins, s.setl_time, s.medfee_sumamt, s.fund_pay_sumamt, s.acct_pay, s.psn_cash_pay
    FROM public.medical_insurance_settlements AS s
    WHERE s.setl_time >= p_begin AND s.setl_time < p_end AND s.kind IN ('SETTLEMENT', 'REFUND')
      AND NOT EXISTS (
          SELECT 1 FROM public.medical_insurance_settlements AS v
          WHERE v.kind = 'REVERSAL' AND v.undoes = s.msgid AND s.msgid <> '' AND v.org_code = s.org_code)
    ORDER BY s.setl_time, s.request_id;
END;
$$;
