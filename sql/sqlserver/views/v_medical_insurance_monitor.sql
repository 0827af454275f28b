SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- How did each interface do over the last 24 hours? Percentiles are nearest rank, in seconds; the last place always
-- counts, so that the number after ELSE never comes out. A request sent in parts counts once, as HIS made it.
-- No aggregate here meets NULL: the warning it would send is a result of its own to ODBC, and hides the rows from the caller.
CREATE OR ALTER VIEW dbo.v_medical_insurance_monitor AS
SELECT t.interface_code,
       i.interface_name,
       t.total_count,
       t.success_count,
       t.business_error_count,
       t.system_error_count,
       t.open_count,
       d.avg_seconds,
       d.p50_seconds,
       d.p95_seconds,
       d.p99_seconds,
       t.last_request_time
FROM (
    SELECT r.interface_code,
           COUNT(*) AS total_count,
           SUM(CASE WHEN r.status = 'COMPLETED' AND p.outcome = 'OK' THEN 1 ELSE 0 END) AS success_count,
           SUM(CASE WHEN r.status = 'COMPLETED' AND p.outcome <> 'OK' THEN 1 ELSE 0 END) AS business_error_count,
           SUM(CASE WHEN r.status IN ('ERROR', 'TIMEOUT') THEN 1 ELSE 0 END) AS system_error_count,
           SUM(CASE WHEN r.status IN ('PENDING', 'CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL') THEN 1 ELSE 0 END) AS open_count,
           MAX(r.create_time) AS last_request_time
    FROM dbo.medical_insurance_requests AS r
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.create_time >= DATEADD(HOUR, -24, SYSDATETIME()) AND r.parent_id IS NULL
    GROUP BY r.interface_code
) AS t
LEFT JOIN (
    SELECT v.interface_code,
           CONVERT(DECIMAL(18, 3), AVG(v.seconds)) AS avg_seconds,
           MIN(CASE WHEN v.place * 100 >= v.places * 50 THEN v.seconds ELSE 1000000000 END) AS p50_seconds,
           MIN(CASE WHEN v.place * 100 >= v.places * 95 THEN v.seconds ELSE 1000000000 END) AS p95_seconds,
           MIN(CASE WHEN v.place * 100 >= v.places * 99 THEN v.seconds ELSE 1000000000 END) AS p99_seconds
    FROM dbo.v_medical_insurance_durations AS v
    GROUP BY v.interface_code
) AS d ON d.interface_code = t.interface_code
LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = t.interface_code;
