-- Differences between our settlements and the platform's books: what each side has, and what to do. The patient's number is masked.
-- case_state: OPEN waits for a person, GONE no longer differs, CLOSED a person has closed it. request_status and next_step are of now.
CREATE OR REPLACE VIEW public.v_medical_insurance_reconciliation AS
SELECT k.case_id, k.stmt_day, k.kind,
       CASE k.kind WHEN 'ONLY_OURS' THEN '仅本方有' WHEN 'ONLY_THEIRS' THEN '仅医保端有' WHEN 'AMOUNTS_DIFFER' THEN '金额不同'
           WHEN 'UNEXPLAINED' THEN '判为不平' WHEN 'TOTALS_DIFFER' THEN '总账不平' ELSE '本方缺金额' END AS kind_name,
       CASE WHEN k.close_time IS NOT NULL THEN 'CLOSED' WHEN k.gone_time IS NOT NULL THEN 'GONE' ELSE 'OPEN' END AS case_state,
       k.org_code, k.insutype, k.clr_type, k.setl_optins, k.request_id, r.interface_code, r.status AS request_status, k.found_status,
       k.msgid, k.setl_id, k.mdtrt_id,
       CASE WHEN length(k.psn_no) > 8 THEN '****' || right(k.psn_no, 4) WHEN k.psn_no <> '' THEN '****' ELSE '' END AS psn_no,
       k.our_medfee_sumamt, k.our_fund_pay_sumamt, k.our_acct_pay,
       k.their_medfee_sumamt, k.their_fund_pay_sumamt, k.their_acct_pay, k.differing, k.their_words,
       k.first_seen, k.last_seen, k.gone_time, k.closed_by, k.close_reason, k.close_time,
       round(extract(epoch FROM statement_timestamp() - k.first_seen)::numeric, 0) AS age_seconds,
       CASE
           WHEN k.close_time IS NOT NULL THEN '已关闭'
           WHEN k.gone_time IS NOT NULL THEN '再次对账时已无差异，可直接关闭'
           WHEN k.kind = 'ONLY_OURS' THEN
               '本方已结算，医保端没有：在两定平台按 setl_id 核对；医保端确无此结算的，为患者重新结算或退费，再关闭本差异'
           WHEN k.kind = 'AMOUNTS_DIFFER' THEN
               '两边金额不同：按 setl_id 在两定平台或用 5203 核对；以医保端为准更正收费，或退费后重新结算，再关闭本差异'
           WHEN k.kind = 'UNEXPLAINED' THEN
               '医保端判为不平，金额却与本方相同或没有给出：看医保端的说明，核对退费标志、人员编号和结算日期'
           WHEN k.kind = 'TOTALS_DIFFER' THEN
               '总账不平，明细没有指出差异或未能取得：运行 mi-bridge reconcile --day 再对一次，仍不平的联系医保经办机构'
           WHEN k.kind = 'NOT_COMPARABLE' THEN
               '本方记为已结算，但没有金额或账户，未参加对账：在两定平台按 msgid 或 setl_id 核对金额'
           WHEN r.request_id IS NULL THEN
               '医保端有结算，本方没有这一报文：查是否由其他系统或窗口结算；确属多出的，凭 msgid 向医保经办机构申请冲正'
           WHEN r.status = 'MANUAL' THEN
               '医保端已结算，见人工核实：登记 EFFECTIVE 并填写医保端的结算编号（在两定平台按 msgid 查询），请勿重新结算'
           WHEN r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING') THEN
               '医保端已结算，本方仍在核实：请勿重新结算，核实结束后再对一次账'
           WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN
               '两边都有此结算，但日期、险种、清算类别或机构不一致，或本方缺金额：核对 setl_time、insutype、clr_type、clr_optins'
           ELSE '矛盾：本方记为未生效（见 request_status），医保端却有结算。请勿重新结算，凭 msgid 联系医保经办机构核实后冲正'
       END AS next_step
FROM public.medical_insurance_reconciliation_cases AS k
LEFT JOIN public.medical_insurance_requests AS r ON r.request_id = k.request_id
LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = k.request_id;
