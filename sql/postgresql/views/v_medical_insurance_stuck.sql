-- What should have moved and did not: a lease that is over, or a request ready for over a minute that no node took.
CREATE OR REPLACE VIEW public.v_medical_insurance_stuck AS
SELECT r.request_id, r.interface_code, r.status, r.node_id, r.lease_until, r.create_time AS request_time,
       round(extract(epoch FROM statement_timestamp() - r.update_time)::numeric, 0) AS still_seconds,
       CASE WHEN r.status = 'PENDING' THEN '长时间未领取：检查服务是否运行，或该患者前一请求是否未结束'
            ELSE '租约已过期：等待其他节点收回' END AS reason
FROM public.medical_insurance_requests AS r
WHERE (r.status IN ('CLAIMED', 'SENDING') AND r.lease_until < statement_timestamp())
   OR (r.status = 'PENDING' AND r.available_at IS NULL AND r.update_time < statement_timestamp() - interval '60 seconds');
