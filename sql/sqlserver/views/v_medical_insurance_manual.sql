SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Requests that wait for a person: what is known of each, how long it has waited, and what the person can do. No payload.
-- A part of a larger request says of which, and which rows it holds.
CREATE OR ALTER VIEW dbo.v_medical_insurance_manual AS
SELECT r.request_id, r.interface_code, i.interface_name, r.org_code, r.money_class, r.create_time AS request_time, r.update_time AS since,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, r.update_time, SYSDATETIME()) / 1000.0) AS age_seconds,
       o.msgid AS original_msgid, o.create_time AS sent_time, o.outcome AS original_outcome, o.fault AS original_fault,
       r.resolve_tries AS reversal_tries, v.err_msg AS last_reversal_answer, r.error_message,
       N'核实医保端是否生效（按报文编号 original_msgid 查询或电话核对），再执行 sp_medical_insurance_resolve' AS advice,
       r.parent_id, r.first_row, r.first_row + r.row_count - 1 AS last_row
FROM dbo.medical_insurance_requests AS r
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
LEFT JOIN dbo.medical_insurance_attempts AS o
    ON o.request_id = r.request_id AND o.epoch = r.epoch AND o.kind = 'original'
OUTER APPLY (
    SELECT TOP (1) x.err_msg
    FROM dbo.medical_insurance_attempts AS x
    WHERE x.request_id = r.request_id AND x.kind = 'reversal'
    ORDER BY x.attempt_id DESC
) AS v
WHERE r.status = 'MANUAL';
