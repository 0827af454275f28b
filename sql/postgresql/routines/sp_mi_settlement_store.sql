-- Bridge: enters settlements in the account, each request once, and remembers how far the answers have been read.
-- p_items: JSON array of {response_id, request_id, interface_code, org_code, kind, msgid, setl_id, mdtrt_id, psn_no, insutype, clr_type,
--   clr_way, clr_optins, setl_time, medfee_sumamt, fund_pay_sumamt, acct_pay, psn_cash_pay, undoes}; p_after and p_upto as they were read.
-- Reading goes on behind answers older than a day only: a number is given out before its transaction commits, and the newest are read again.
-- Returns how many were entered.
CREATE OR REPLACE FUNCTION public.sp_mi_settlement_store(
    p_items  text,
    p_after  bigint,
    p_upto   bigint
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
    v_now    timestamptz(3) := clock_timestamp();
    v_added  integer;
BEGIN
    INSERT INTO public.medical_insurance_settlements (
        request_id, response_id, interface_code, org_code, kind, msgid, setl_id, mdtrt_id, psn_no, insutype, clr_type, clr_way, clr_optins,
        setl_time, medfee_sumamt, fund_pay_sumamt, acct_pay, psn_cash_pay, undoes, create_time)
    SELECT i.request_id, i.response_id, i.interface_code, i.org_code, i.kind, left(i.msgid, 30), left(i.setl_id, 40), left(i.mdtrt_id, 40),
           left(i.psn_no, 40), left(i.insutype, 10), left(i.clr_type, 10), left(i.clr_way, 10), left(i.clr_optins, 10),
           coalesce(i.setl_time, p.create_time::timestamp), i.medfee_sumamt, i.fund_pay_sumamt, i.acct_pay, i.psn_cash_pay,
           left(i.undoes, 40), v_now
    FROM json_to_recordset(p_items::json) AS i(
        response_id bigint, request_id bigint, interface_code varchar(10), org_code varchar(12), kind varchar(10), msgid text, setl_id text,
        mdtrt_id text, psn_no text, insutype text, clr_type text, clr_way text, clr_optins text, setl_time timestamp(0),
        medfee_sumamt numeric(16, 2), fund_pay_sumamt numeric(16, 2), acct_pay numeric(16, 2), psn_cash_pay numeric(16, 2), undoes text)
    JOIN public.medical_insurance_responses AS p ON p.response_id = i.response_id
    ORDER BY i.request_id
    ON CONFLICT (request_id) DO NOTHING;
    GET DIAGNOSTICS v_added = ROW_COUNT;

    -- a refund's answer may leave out what its settlement's said
    UPDATE public.medical_insurance_settlements AS s
    SET insutype = CASE WHEN s.insutype = '' THEN o.insutype ELSE s.insutype END,
        clr_type = CASE WHEN s.clr_type = '' THEN o.clr_type ELSE s.clr_type END,
        clr_way = CASE WHEN s.clr_way = '' THEN o.clr_way ELSE s.clr_way END,
        clr_optins = CASE WHEN s.clr_optins = '' THEN o.clr_optins ELSE s.clr_optins END,
        psn_no = CASE WHEN s.psn_no = '' THEN o.psn_no ELSE s.psn_no END
    FROM public.medical_insurance_settlements AS o
    WHERE s.request_id IN (SELECT i.request_id FROM json_to_recordset(p_items::json) AS i(request_id bigint))
      AND s.kind = 'REFUND' AND s.undoes <> '' AND o.setl_id = s.undoes AND o.kind = 'SETTLEMENT' AND o.org_code = s.org_code
      AND (s.insutype = '' OR s.clr_type = '' OR s.clr_way = '' OR s.clr_optins = '' OR s.psn_no = '');

    UPDATE public.medical_insurance_counters AS c
    SET counter_value = x.response_id
    FROM (SELECT max(p.response_id) AS response_id FROM public.medical_insurance_responses AS p
          WHERE p.response_id > p_after AND p.response_id <= p_upto AND p.create_time < v_now - interval '1 day') AS x
    WHERE c.counter_name = 'settlements' AND x.response_id > c.counter_value;
    RETURN v_added;
END;
$$;
