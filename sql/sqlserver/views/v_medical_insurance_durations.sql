SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Seconds from request to answer of the last 24 hours, each with its place among its interface's, for the percentiles.
CREATE OR ALTER VIEW dbo.v_medical_insurance_durations AS
SELECT r.interface_code,
       r.request_id,
       r.create_time AS request_time,
       CONVERT(DECIMAL(18, 3), DATEDIFF_BIG(MILLISECOND, r.create_time, p.create_time) / 1000.0) AS seconds,
       ROW_NUMBER() OVER (PARTITION BY r.interface_code ORDER BY DATEDIFF_BIG(MILLISECOND, r.create_time, p.create_time)) AS place,
       CONVERT(BIGINT, COUNT(*) OVER (PARTITION BY r.interface_code)) AS places
FROM dbo.medical_insurance_requests AS r
INNER JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
WHERE r.create_time >= DATEADD(HOUR, -24, SYSDATETIME()) AND r.parent_id IS NULL;
