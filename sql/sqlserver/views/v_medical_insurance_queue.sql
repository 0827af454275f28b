SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- What waits or runs now, by interface and status, and for how long the oldest has. One branch for each index of live requests, so
-- that millions of finished ones are never read. Of a request sent in parts the parts are counted, not itself: they are what waits and runs.
-- No aggregate here meets NULL: the warning it would send is a result of its own to ODBC, and hides the rows from the caller.
CREATE OR ALTER VIEW dbo.v_medical_insurance_queue AS
SELECT r.interface_code, i.interface_name, r.status,
       COUNT(*) AS request_count,
       MIN(r.create_time) AS oldest_request_time,
       CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, MIN(r.create_time), SYSDATETIME()) / 1000.0) AS oldest_age_seconds,
       SUM(CASE WHEN r.status = 'PENDING' AND r.available_at IS NOT NULL THEN 1 ELSE 0 END) AS backing_off
FROM (
    SELECT q.interface_code, q.status, q.create_time, q.available_at
    FROM dbo.medical_insurance_requests AS q
    WHERE q.status = 'PENDING' AND q.available_at IS NULL
    UNION ALL
    SELECT b.interface_code, b.status, b.create_time, b.available_at
    FROM dbo.medical_insurance_requests AS b
    WHERE b.status = 'PENDING' AND b.available_at IS NOT NULL
    UNION ALL
    SELECT f.interface_code, f.status, f.create_time, f.available_at
    FROM dbo.medical_insurance_requests AS f
    WHERE f.status IN ('CLAIMED', 'SENDING')
    UNION ALL
    SELECT u.interface_code, u.status, u.create_time, u.available_at
    FROM dbo.medical_insurance_requests AS u
    WHERE u.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL')
) AS r
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
GROUP BY r.interface_code, i.interface_name, r.status;
