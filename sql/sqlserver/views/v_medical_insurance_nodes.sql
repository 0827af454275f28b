SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Which nodes are alive, since when, and how much each is doing.
CREATE OR ALTER VIEW dbo.v_medical_insurance_nodes AS
SELECT h.node_id, h.host_name, h.process_id, h.version,
       CASE WHEN h.status = 'STOPPED' THEN 'STOPPED'
            WHEN h.heartbeat_time < DATEADD(SECOND, -30, SYSUTCDATETIME()) THEN 'LOST'
            ELSE h.status END AS status,
       h.in_flight, h.completed,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), h.start_time) AS start_time,
       DATEADD(MINUTE, DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), h.heartbeat_time) AS heartbeat_time,
       CONVERT(DECIMAL(18, 1), DATEDIFF_BIG(MILLISECOND, h.heartbeat_time, SYSUTCDATETIME()) / 1000.0) AS heartbeat_age_seconds
FROM dbo.sdk_heartbeat AS h;
