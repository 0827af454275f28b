-- Where each saga stands, step by step, since when, and what to do. No payload.
-- steps: JSON array of {step, direction, attempt, interface_code, request_id, status}, in the order they were taken.
CREATE OR REPLACE VIEW public.v_medical_insurance_saga AS
SELECT s.saga_id, s.saga_code, d.saga_name, s.status, c.step_code AS current_step, c.direction AS current_direction,
       c.request_id AS current_request_id, coalesce(r.status, '')::varchar(10) AS current_request_status,
       (SELECT json_agg(json_build_object('step', t.step_code, 'direction', t.direction, 'attempt', t.attempt,
                                          'interface_code', t.interface_code, 'request_id', t.request_id, 'status', t.status)
                        ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END, t.attempt)::text
        FROM public.v_medical_insurance_saga_steps AS t
        WHERE t.saga_id = s.saga_id) AS steps,
       s.error_code, s.error_message, s.org_code, s.business_key, s.definition_hash, s.create_time, s.update_time AS since,
       round(extract(epoch FROM statement_timestamp() - s.update_time)::numeric, 0) AS since_seconds,
       CASE
           WHEN s.status = 'COMPLETED' THEN '已完成：无需操作'
           WHEN s.status = 'COMPENSATED' THEN '未完成，已办步骤均已撤销：可以重新提交'
           WHEN s.status = 'COMPENSATING' THEN '正在撤销已办步骤：请勿重新提交，无需操作'
           WHEN s.status = 'WAITING' AND r.status = 'MANUAL'
               THEN '步骤请求 ' || c.request_id || ' 等待人工核实：请医保办核实后执行 sp_medical_insurance_resolve，流程随后自动继续'
           WHEN s.status = 'WAITING' THEN '步骤请求 ' || c.request_id || ' 结果不确定，系统核实中：请勿重新提交，超过 10 分钟请联系医保办'
           WHEN s.status = 'MANUAL' AND s.watched_request_id IS NOT NULL
               THEN '撤销请求 ' || s.watched_request_id || ' 等待人工核实：请医保办核实后执行 sp_medical_insurance_resolve，流程随后自动继续'
           WHEN s.status = 'MANUAL'
               THEN '撤销未成功：请医保办在医保端核实步骤 ' || coalesce(c.step_code, '') || '，再执行 sp_medical_insurance_saga_resolve（RETRY 再次撤销，DONE 已人工撤销）'
           ELSE '正在办理：无需操作' END::varchar(300) AS advice
FROM public.medical_insurance_sagas AS s
LEFT JOIN public.medical_insurance_saga_definitions AS d ON d.saga_code = s.saga_code AND d.definition_hash = s.definition_hash
LEFT JOIN LATERAL (
    SELECT t.step_code, t.direction, t.request_id
    FROM public.medical_insurance_saga_steps AS t
    WHERE t.saga_id = s.saga_id
    ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END DESC, t.attempt DESC
    LIMIT 1) AS c ON true
LEFT JOIN public.medical_insurance_requests AS r ON r.request_id = c.request_id;
