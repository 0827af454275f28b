SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Limits in use: how much of each is taken now, and how many more requests it lets through.
CREATE OR ALTER VIEW dbo.v_medical_insurance_limits AS
SELECT l.limit_id, l.org_code, l.interface_code, l.max_in_flight, f.in_flight, l.max_per_minute, m.last_minute,
       CASE WHEN COALESCE(l.max_in_flight - f.in_flight, 2147483647) < COALESCE(l.max_per_minute - m.last_minute, 2147483647)
            THEN COALESCE(l.max_in_flight - f.in_flight, 2147483647)
            ELSE COALESCE(l.max_per_minute - m.last_minute, 2147483647) END AS room,
       CASE WHEN m.last_minute >= l.max_per_minute
            THEN DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), DATEADD(SECOND, 61, m.first_bucket)) END AS waits_until,
       l.remark
FROM dbo.medical_insurance_limits AS l
CROSS APPLY (
    SELECT COUNT(*) AS in_flight
    FROM dbo.medical_insurance_requests AS r
    WHERE r.status IN ('CLAIMED', 'SENDING') AND l.org_code IN ('', r.org_code) AND l.interface_code IN ('', r.interface_code)
) AS f
CROSS APPLY (
    SELECT COALESCE(SUM(u.taken), 0) AS last_minute, MIN(u.bucket_time) AS first_bucket
    FROM dbo.medical_insurance_limit_usage AS u
    WHERE u.limit_id = l.limit_id AND u.bucket_time > DATEADD(SECOND, -61, SYSUTCDATETIME())
) AS m
WHERE l.enabled = 1;
