SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Where each saga stands, step by step, since when, and what to do. No payload.
-- steps: JSON array of {step, direction, attempt, interface_code, request_id, status}, in the order they were taken.
-- business_key is given in the database's own collation, so that HIS may join its tables to it.
CREATE OR ALTER VIEW dbo.v_medical_insurance_saga AS
SELECT s.saga_id, s.saga_code, d.saga_name, s.status, c.step_code AS current_step, c.direction AS current_direction,
       c.request_id AS current_request_id, CONVERT(VARCHAR(10), COALESCE(r.status, '')) AS current_request_status,
       (SELECT t.step_code AS step, t.direction, t.attempt, t.interface_code, t.request_id, t.status
        FROM dbo.v_medical_insurance_saga_steps AS t
        WHERE t.saga_id = s.saga_id
        ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END, t.attempt
        FOR JSON PATH, INCLUDE_NULL_VALUES) AS steps,
       s.error_code, s.error_message, s.org_code, s.business_key COLLATE DATABASE_DEFAULT AS business_key, s.definition_hash,
       s.create_time, s.update_time AS since,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, s.update_time, SYSDATETIME()) / 1000.0) AS since_seconds,
       CONVERT(NVARCHAR(300), CASE
           WHEN s.status = 'COMPLETED' THEN N'已完成：无需操作'
           WHEN s.status = 'COMPENSATED' THEN N'未完成，已办步骤均已撤销：可以重新提交'
           WHEN s.status = 'COMPENSATING' THEN N'正在撤销已办步骤：请勿重新提交，无需操作'
           WHEN s.status = 'WAITING' AND r.status = 'MANUAL'
               THEN N'步骤请求 ' + CONVERT(NVARCHAR(20), c.request_id)
                   + N' 等待人工核实：请医保办核实后执行 sp_medical_insurance_resolve，流程随后自动继续'
           WHEN s.status = 'WAITING'
               THEN N'步骤请求 ' + CONVERT(NVARCHAR(20), c.request_id)
                   + N' 结果不确定，系统核实中：请勿重新提交，超过 10 分钟请联系医保办'
           WHEN s.status = 'MANUAL' AND s.watched_request_id IS NOT NULL
               THEN N'撤销请求 ' + CONVERT(NVARCHAR(20), s.watched_request_id)
                   + N' 等待人工核实：请医保办核实后执行 sp_medical_insurance_resolve，流程随后自动继续'
           WHEN s.status = 'MANUAL'
               THEN N'撤销未成功：请医保办在医保端核实步骤 ' + COALESCE(c.step_code, '')
                   + N'，再执行 sp_medical_insurance_saga_resolve（RETRY 再次撤销，DONE 已人工撤销）'
           ELSE N'正在办理：无需操作' END) AS advice
FROM dbo.medical_insurance_sagas AS s
LEFT JOIN dbo.medical_insurance_saga_definitions AS d ON d.saga_code = s.saga_code AND d.definition_hash = s.definition_hash
OUTER APPLY (
    SELECT TOP (1) t.step_code, t.direction, t.request_id
    FROM dbo.medical_insurance_saga_steps AS t
    WHERE t.saga_id = s.saga_id
    ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END DESC, t.attempt DESC
) AS c
LEFT JOIN dbo.medical_insurance_requests AS r ON r.request_id = c.request_id;
