SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- What should have moved and did not: a lease that is over, a request ready for over a minute that no node took, or one
-- in parts of which no part moved for a minute.
-- One branch for each index of live requests, so that millions of finished ones are never read.
CREATE OR ALTER VIEW dbo.v_medical_insurance_stuck AS
SELECT r.request_id, r.interface_code, r.status, r.node_id,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), r.lease_until) AS lease_until,
       r.create_time AS request_time,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, r.update_time, SYSDATETIME()) / 1000.0) AS still_seconds,
       N'租约已过期：等待其他节点收回' AS reason
FROM dbo.medical_insurance_requests AS r
WHERE r.status IN ('CLAIMED', 'SENDING') AND r.lease_until < SYSUTCDATETIME()
UNION ALL
SELECT q.request_id, q.interface_code, q.status, q.node_id,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), q.lease_until) AS lease_until,
       q.create_time AS request_time,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, q.update_time, SYSDATETIME()) / 1000.0) AS still_seconds,
       N'长时间未领取：检查服务是否运行，或该患者前一请求是否未结束' AS reason
FROM dbo.medical_insurance_requests AS q
WHERE q.status = 'PENDING' AND q.available_at IS NULL AND q.update_time < DATEADD(SECOND, -60, SYSDATETIME())
  -- a part waits for the one before it
  AND q.parent_id IS NULL
UNION ALL
SELECT d.request_id, d.interface_code, d.status, d.node_id,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), d.lease_until) AS lease_until,
       d.create_time AS request_time,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, d.update_time, SYSDATETIME()) / 1000.0) AS still_seconds,
       N'分批请求停滞：没有一批在办理，检查服务是否运行' AS reason
FROM dbo.medical_insurance_requests AS d
WHERE d.status = 'DIVIDED' AND d.update_time < DATEADD(SECOND, -60, SYSDATETIME())
  AND NOT EXISTS (
      SELECT 1 FROM dbo.medical_insurance_requests AS c
      WHERE c.parent_id = d.request_id AND c.parent_id IS NOT NULL
        AND (c.update_time >= DATEADD(SECOND, -60, SYSDATETIME()) OR c.available_at IS NOT NULL
             OR c.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING', 'MANUAL')));
