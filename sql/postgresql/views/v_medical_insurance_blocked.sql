-- Keys whose requests wait, by what they are held, since when, and what to do. The key itself names a patient, so the holder's number stands for it.
CREATE OR REPLACE VIEW public.v_medical_insurance_blocked AS
SELECT h.request_id AS held_by_request_id, h.interface_code AS held_by_interface, h.status AS held_by_status,
       h.update_time AS held_since,
       round(extract(epoch FROM statement_timestamp() - h.update_time)::numeric, 0) AS held_seconds,
       count(w.request_id) AS waiting_count, min(w.create_time) AS oldest_waiting_time,
       CASE h.status
           WHEN 'MANUAL' THEN '等待人工核实：请医保办核实该请求在医保端是否生效'
           WHEN 'UNCERTAIN' THEN '结果不确定，系统核实中：无需操作，超过 10 分钟请联系医保办'
           WHEN 'REVERSING' THEN '冲正进行中：无需操作，超过 10 分钟请联系医保办'
           WHEN 'DIVIDED' THEN '分批办理中：无需操作，各批见 v_medical_insurance_parts'
           ELSE '正在处理：无需操作' END AS advice
FROM public.medical_insurance_requests AS h
JOIN public.medical_insurance_requests AS w
    ON w.order_key = h.order_key AND w.order_key IS NOT NULL AND w.status = 'PENDING' AND w.parent_id IS NULL
WHERE h.order_key IS NOT NULL AND h.status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL')
GROUP BY h.request_id, h.interface_code, h.status, h.update_time;
