-- Report: the cases of the days p_first_day to p_last_day, without names, the patient's number masked.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_cases(
    p_first_day  date,
    p_last_day   date
) RETURNS TABLE (
    case_id                bigint,
    stmt_day               date,
    kind                   varchar,
    kind_name              varchar,
    case_state             varchar,
    org_code               varchar,
    insutype               varchar,
    clr_type               varchar,
    setl_optins            varchar,
    request_id             bigint,
    interface_code         varchar,
    request_status         varchar,
    msgid                  varchar,
    setl_id                varchar,
    mdtrt_id               varchar,
    psn_no                 varchar,
    our_medfee_sumamt      numeric,
    our_fund_pay_sumamt    numeric,
    our_acct_pay           numeric,
    their_medfee_sumamt    numeric,
    their_fund_pay_sumamt  numeric,
    their_acct_pay         numeric,
    differing              varchar,
    their_words            varchar,
    first_seen             timestamptz,
    last_seen              timestamptz,
    gone_time              timestamptz,
    closed_by              varchar,
    close_reason           varchar,
    close_time             timestamptz,
    next_step              varchar
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.case_id, v.stmt_day, v.kind, v.kind_name::varchar, v.case_state::varchar, v.org_code, v.insutype, v.clr_type, v.setl_optins,
           v.request_id, v.interface_code, v.request_status, v.msgid, v.setl_id, v.mdtrt_id, v.psn_no::varchar, v.our_medfee_sumamt,
           v.our_fund_pay_sumamt, v.our_acct_pay, v.their_medfee_sumamt, v.their_fund_pay_sumamt, v.their_acct_pay, v.differing,
           v.their_words, v.first_seen, v.last_seen, v.gone_time, v.closed_by, v.close_reason, v.close_time, v.next_step::varchar
    FROM public.v_medical_insurance_reconciliation AS v
    WHERE v.stmt_day >= p_first_day AND v.stmt_day <= p_last_day
    ORDER BY v.stmt_day, v.case_id;
END;
$$;
