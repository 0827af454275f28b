SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: data for the monitoring screen, the same columns for every @data_type:
-- health (one row for the whole and one per node), performance (one row per hour of the last 24), interfaces (one row per interface).
-- Raises 51001 for any other.
-- No aggregate here meets NULL: the warning it would send is a result of its own to ODBC, and hides the rows from the caller.
CREATE OR ALTER PROCEDURE dbo.sp_get_medical_insurance_monitor_data
    @data_type  NVARCHAR(50)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @data NVARCHAR(50) = LOWER(COALESCE(@data_type, N''));
    DECLARE @service_status NVARCHAR(20) = N'DOWN';

    IF @data NOT IN (N'health', N'performance', N'interfaces')
        THROW 51001, N'-1001 参数错误：data_type：应为 health、performance 或 interfaces', 1;
    IF EXISTS (
        SELECT 1 FROM dbo.sdk_heartbeat AS h
        WHERE h.status <> 'STOPPED' AND h.heartbeat_time > DATEADD(SECOND, -30, SYSUTCDATETIME()))
        SET @service_status = N'RUNNING';

    IF @data = N'health'
        SELECT d.item, d.item_name, d.item_status, d.total_count, d.success_count, d.business_error_count, d.system_error_count,
               d.open_count, d.avg_seconds, d.p95_seconds, d.item_time
        FROM (
            SELECT 0 AS section, CONVERT(NVARCHAR(64), N'service') AS item, CONVERT(NVARCHAR(200), N'医保接口服务') AS item_name,
                   @service_status AS item_status,
                   CONVERT(BIGINT, COALESCE(SUM(m.total_count), 0)) AS total_count,
                   CONVERT(BIGINT, COALESCE(SUM(m.success_count), 0)) AS success_count,
                   CONVERT(BIGINT, COALESCE(SUM(m.business_error_count), 0)) AS business_error_count,
                   CONVERT(BIGINT, COALESCE(SUM(m.system_error_count), 0)) AS system_error_count,
                   CONVERT(BIGINT, COALESCE(SUM(m.open_count), 0)) AS open_count,
                   CONVERT(DECIMAL(18, 3), SUM(COALESCE(m.avg_seconds, 0) * m.total_count)
                       / NULLIF(SUM(CASE WHEN m.avg_seconds IS NOT NULL THEN m.total_count ELSE 0 END), 0)) AS avg_seconds,
                   CONVERT(DECIMAL(18, 3), NULLIF(MAX(COALESCE(m.p95_seconds, -1)), -1)) AS p95_seconds,
                   CONVERT(DATETIME2(3), SYSDATETIME()) AS item_time
            FROM dbo.v_medical_insurance_monitor AS m
            UNION ALL
            SELECT 1, n.node_id, N'节点 ' + n.host_name + N' 进程 ' + CONVERT(NVARCHAR(11), n.process_id), CONVERT(NVARCHAR(20), n.status),
                   n.completed, NULL, NULL, NULL, CONVERT(BIGINT, n.in_flight), NULL, NULL, n.heartbeat_time
            FROM dbo.v_medical_insurance_nodes AS n
        ) AS d
        ORDER BY d.section, d.item;
    ELSE IF @data = N'performance'
        SELECT CONVERT(NVARCHAR(64), CONVERT(CHAR(13), h.hour_start, 120) + ':00') AS item, CONVERT(NVARCHAR(200), N'每小时') AS item_name,
               CONVERT(NVARCHAR(20), N'') AS item_status, CONVERT(BIGINT, COUNT(*)) AS total_count,
               CONVERT(BIGINT, SUM(CASE WHEN h.status = 'COMPLETED' AND h.outcome = 'OK' THEN 1 ELSE 0 END)) AS success_count,
               CONVERT(BIGINT, SUM(CASE WHEN h.status = 'COMPLETED' AND h.outcome <> 'OK' THEN 1 ELSE 0 END)) AS business_error_count,
               CONVERT(BIGINT, SUM(CASE WHEN h.status IN ('ERROR', 'TIMEOUT') THEN 1 ELSE 0 END)) AS system_error_count,
               CONVERT(BIGINT, SUM(CASE WHEN h.status IN ('PENDING', 'CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL') THEN 1 ELSE 0 END))
                   AS open_count,
               CONVERT(DECIMAL(18, 3), SUM(COALESCE(h.seconds, 0)) / NULLIF(SUM(CASE WHEN h.seconds IS NOT NULL THEN 1 ELSE 0 END), 0)) AS avg_seconds, CONVERT(DECIMAL(18, 3), NULL) AS p95_seconds,
               CONVERT(DATETIME2(3), h.hour_start) AS item_time
        FROM (
            SELECT DATEADD(HOUR, DATEDIFF(HOUR, CONVERT(DATETIME2(3), '20000101', 112), r.create_time),
                       CONVERT(DATETIME2(3), '20000101', 112)) AS hour_start,
                   r.status, p.outcome, DATEDIFF_BIG(MILLISECOND, r.create_time, p.create_time) / 1000.0 AS seconds
            FROM dbo.medical_insurance_requests AS r
            LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
            WHERE r.create_time >= DATEADD(HOUR, -24, SYSDATETIME()) AND r.parent_id IS NULL
        ) AS h
        GROUP BY h.hour_start
        ORDER BY h.hour_start;
    ELSE
        SELECT CONVERT(NVARCHAR(64), m.interface_code) AS item, CONVERT(NVARCHAR(200), m.interface_name) AS item_name,
               CONVERT(NVARCHAR(20), N'') AS item_status, CONVERT(BIGINT, m.total_count) AS total_count,
               CONVERT(BIGINT, m.success_count) AS success_count, CONVERT(BIGINT, m.business_error_count) AS business_error_count,
               CONVERT(BIGINT, m.system_error_count) AS system_error_count, CONVERT(BIGINT, m.open_count) AS open_count,
               m.avg_seconds, m.p95_seconds, m.last_request_time AS item_time
        FROM dbo.v_medical_insurance_monitor AS m
        ORDER BY m.interface_code;
END;
