-- Requests that wait for a person: what is known of each, how long it has waited, and what the person can do. No payload.
-- A part of a larger request says of which, and which rows it holds.
CREATE OR REPLACE VIEW public.v_medical_insurance_manual AS
SELECT r.request_id, r.interface_code, i.interface_name, r.org_code, r.money_class, r.create_time AS request_time, r.update_time AS since,
       round(extract(epoch FROM statement_timestamp() - r.update_time)::numeric, 0) AS age_seconds,
       o.msgid AS original_msgid, o.create_time AS sent_time, o.outcome AS original_outcome, o.fault AS original_fault,
       r.resolve_tries AS reversal_tries, v.err_msg AS last_reversal_answer, r.error_message,
       '核实医保端是否生效（按报文编号 original_msgid 查询或电话核对），再执行 sp_medical_insurance_resolve' AS advice,
       r.parent_id, r.first_row, r.first_row + r.row_count - 1 AS last_row
FROM public.medical_insurance_requests AS r
LEFT JOIN public.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
LEFT JOIN public.medical_insurance_attempts AS o
    ON o.request_id = r.request_id AND o.epoch = r.epoch AND o.kind = 'original'
LEFT JOIN public.medical_insurance_attempts AS v
    ON v.attempt_id = (SELECT max(x.attempt_id) FROM public.medical_insurance_attempts AS x
                       WHERE x.request_id = r.request_id AND x.kind = 'reversal')
WHERE r.status = 'MANUAL';
