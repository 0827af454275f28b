-- Bridge: what a reconciliation found, all of it in one transaction. A difference seen before is no new case; one that is seen no more
-- where it was looked for is marked as gone. Neither outdoes what a later run has seen.
-- p_outcome: BALANCED, DIFFERS or INCOMPLETE; p_items: JSON object of
--   totals: [{first_day, last_day, org_code, insutype, clr_type, setl_optins, settlements, medfee_sumamt, fund_pay_sumamt, acct_pay, outcome,
--     message, detailed}],
--   examined: [{stmt_day, org_code, clr_type, setl_optins}], where every difference was looked for and would have been seen,
--   cases: [{case_hash, stmt_day, org_code, insutype, clr_type, setl_optins, kind, request_id, msgid, setl_id, mdtrt_id, psn_no,
--     our_medfee_sumamt, our_fund_pay_sumamt, our_acct_pay, their_medfee_sumamt, their_fund_pay_sumamt, their_acct_pay, differing,
--     their_words, found_status}].
-- Returns how many cases are new.
CREATE OR REPLACE FUNCTION public.sp_mi_reconciliation_record(
    p_run_id       bigint,
    p_outcome      varchar,
    p_settlements  integer,
    p_message      varchar,
    p_items        text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_now    timestamptz(3) := clock_timestamp();
    v_added  integer;
BEGIN
    -- one record at a time: two runs of one day must not wait for each other's cases crosswise
    PERFORM 1 FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'settlements' FOR UPDATE;
    -- a call repeated after its commit was not heard of
    PERFORM 1 FROM public.medical_insurance_reconciliation_runs AS n WHERE n.run_id = p_run_id AND n.end_time IS NULL;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;

    INSERT INTO public.medical_insurance_reconciliation_totals (
        run_id, first_day, last_day, org_code, insutype, clr_type, setl_optins, settlements, medfee_sumamt, fund_pay_sumamt, acct_pay, outcome,
        message, detailed, create_time)
    SELECT p_run_id, i.first_day, i.last_day, i.org_code, i.insutype, i.clr_type, i.setl_optins, i.settlements, i.medfee_sumamt,
           i.fund_pay_sumamt, i.acct_pay, i.outcome, left(i.message, 500), i.detailed, v_now
    FROM json_to_recordset(p_items::json -> 'totals') AS i(
        first_day date, last_day date, org_code varchar(12), insutype varchar(10), clr_type varchar(10), setl_optins varchar(10),
        settlements integer, medfee_sumamt numeric(16, 2), fund_pay_sumamt numeric(16, 2), acct_pay numeric(16, 2), outcome varchar(10),
        message text, detailed smallint);

    INSERT INTO public.medical_insurance_reconciliation_cases (
        case_hash, stmt_day, org_code, insutype, clr_type, setl_optins, kind, request_id, msgid, setl_id, mdtrt_id, psn_no, our_medfee_sumamt,
        our_fund_pay_sumamt, our_acct_pay, their_medfee_sumamt, their_fund_pay_sumamt, their_acct_pay, differing, their_words, found_status,
        first_run_id, last_run_id, first_seen, last_seen)
    SELECT i.case_hash, i.stmt_day, i.org_code, i.insutype, i.clr_type, i.setl_optins, i.kind, i.request_id, left(i.msgid, 30),
           left(i.setl_id, 40), left(i.mdtrt_id, 40), left(i.psn_no, 40), i.our_medfee_sumamt, i.our_fund_pay_sumamt, i.our_acct_pay,
           i.their_medfee_sumamt, i.their_fund_pay_sumamt, i.their_acct_pay, left(i.differing, 100), left(i.their_words, 500), i.found_status,
           p_run_id, p_run_id, v_now, v_now
    FROM json_to_recordset(p_items::json -> 'cases') AS i(
        case_hash char(64), stmt_day date, org_code varchar(12), insutype varchar(10), clr_type varchar(10), setl_optins varchar(10),
        kind varchar(14), request_id bigint, msgid text, setl_id text, mdtrt_id text, psn_no text, our_medfee_sumamt numeric(16, 2),
        our_fund_pay_sumamt numeric(16, 2), our_acct_pay numeric(16, 2), their_medfee_sumamt numeric(16, 2),
        their_fund_pay_sumamt numeric(16, 2), their_acct_pay numeric(16, 2), differing text, their_words text, found_status varchar(10))
    WHERE NOT EXISTS (SELECT 1 FROM public.medical_insurance_reconciliation_cases AS k WHERE k.case_hash = i.case_hash);
    GET DIAGNOSTICS v_added = ROW_COUNT;

    UPDATE public.medical_insurance_reconciliation_cases AS k
    SET last_run_id = p_run_id, last_seen = v_now, gone_run_id = NULL, gone_time = NULL
    WHERE k.case_hash IN (SELECT i.case_hash FROM json_to_recordset(p_items::json -> 'cases') AS i(case_hash char(64)))
      AND k.last_run_id < p_run_id AND coalesce(k.gone_run_id, 0) < p_run_id;

    UPDATE public.medical_insurance_reconciliation_cases AS k
    SET gone_run_id = p_run_id, gone_time = v_now
    FROM json_to_recordset(p_items::json -> 'examined') AS i(stmt_day date, org_code varchar(12), clr_type varchar(10), setl_optins varchar(10))
    WHERE k.stmt_day = i.stmt_day AND k.org_code = i.org_code AND k.clr_type = i.clr_type AND k.setl_optins = i.setl_optins
      AND k.last_run_id < p_run_id AND k.gone_time IS NULL;

    UPDATE public.medical_insurance_reconciliation_runs AS n
    SET end_time = v_now, outcome = p_outcome, settlements = p_settlements, message = left(p_message, 500),
        differences = (SELECT count(*) FROM json_array_elements(p_items::json -> 'cases'))
    WHERE n.run_id = p_run_id;
    RETURN v_added;
END;
$$;
