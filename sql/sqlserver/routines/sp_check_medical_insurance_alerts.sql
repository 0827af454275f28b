SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS and DBA: what is wrong now: alert_type, alert_level, alert_message, alert_time (local). Empty means all is well.
-- No aggregate here meets NULL: the warning it would send is a result of its own to ODBC, and hides the rows from the caller.
CREATE OR ALTER PROCEDURE dbo.sp_check_medical_insurance_alerts
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @now DATETIME2(3) = SYSDATETIME();
    DECLARE @total INT;
    DECLARE @failed INT;
    DECLARE @avg_ms DECIMAL(18, 0);
    DECLARE @alerts TABLE (
        alert_type     VARCHAR(32)    NOT NULL,
        alert_level    VARCHAR(10)    NOT NULL,
        alert_message  NVARCHAR(500)  NOT NULL,
        alert_time     DATETIME2(3)   NOT NULL
    );

    SELECT @total = COALESCE(SUM(CASE WHEN r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT') THEN 1 ELSE 0 END), 0),
           @failed = COALESCE(SUM(CASE WHEN r.status IN ('ERROR', 'TIMEOUT') OR p.outcome <> 'OK' THEN 1 ELSE 0 END), 0),
           @avg_ms = SUM(COALESCE(DATEDIFF_BIG(MILLISECOND, r.create_time, p.create_time), 0))
               / NULLIF(SUM(CASE WHEN p.create_time IS NOT NULL THEN 1.0 ELSE 0 END), 0)
    FROM dbo.medical_insurance_requests AS r
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.create_time >= DATEADD(HOUR, -1, @now) AND r.parent_id IS NULL;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'SERVICE_DOWN', 'CRITICAL', N'超过 60 秒没有心跳：医保接口服务未运行，请检查服务 mi-bridge', @now
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.sdk_heartbeat AS h
        WHERE h.status <> 'STOPPED' AND h.heartbeat_time > DATEADD(SECOND, -60, SYSUTCDATETIME()));

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'HIGH_ERROR_RATE', 'WARNING',
           N'最近一小时 ' + CONVERT(NVARCHAR(11), @total) + N' 个请求中失败 ' + CONVERT(NVARCHAR(11), @failed) + N' 个，超过 10%', @now
    WHERE @total > 10 AND CONVERT(BIGINT, @failed) * 10 > @total;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'SLOW_RESPONSE', 'WARNING', N'最近一小时平均响应 ' + CONVERT(NVARCHAR(20), @avg_ms) + N' 毫秒，超过 5000 毫秒', @now
    WHERE @avg_ms > 5000;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'QUEUE_STALLED', 'CRITICAL',
           N'有 ' + CONVERT(NVARCHAR(11), COUNT(*)) + N' 个请求停滞，最久 ' + CONVERT(NVARCHAR(20), MAX(s.still_seconds))
               + N' 秒，见 v_medical_insurance_stuck', @now
    FROM dbo.v_medical_insurance_stuck AS s
    WHERE s.still_seconds > 60
    HAVING COUNT(*) > 0;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'UNCERTAIN_AGING', CASE WHEN MAX(u.age_seconds) > 600 THEN 'CRITICAL' ELSE 'WARNING' END,
           N'有 ' + CONVERT(NVARCHAR(11), COUNT(*)) + N' 个请求结果不确定，最久 ' + CONVERT(NVARCHAR(20), MAX(u.age_seconds))
               + N' 秒，见 v_medical_insurance_uncertain', @now
    FROM dbo.v_medical_insurance_uncertain AS u
    WHERE u.age_seconds > 60
    HAVING COUNT(*) > 0;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'REVERSAL_FAILING', 'CRITICAL',
           N'有 ' + CONVERT(NVARCHAR(11), COUNT(*)) + N' 个冲正未成功或等待人工，最久 ' + CONVERT(NVARCHAR(20), MAX(u.age_seconds))
               + N' 秒，见 v_medical_insurance_uncertain', @now
    FROM dbo.v_medical_insurance_uncertain AS u
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = u.request_id
    WHERE u.status = 'MANUAL' OR (u.status = 'REVERSING' AND r.resolve_tries >= 3)
    HAVING COUNT(*) > 0;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'SAGA_MANUAL', 'CRITICAL',
           N'有 ' + CONVERT(NVARCHAR(11), COUNT(*)) + N' 个业务流程撤销未完成，最久 '
               + CONVERT(NVARCHAR(20), CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, MIN(s.update_time), @now) / 1000.0))
               + N' 秒，见 v_medical_insurance_saga', @now
    FROM dbo.medical_insurance_sagas AS s
    WHERE s.status = 'MANUAL'
    HAVING COUNT(*) > 0;

    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'RECONCILIATION_DIFFERS', 'WARNING',
           N'有 ' + CONVERT(NVARCHAR(11), COUNT(*)) + N' 个对账差异待处理，最久 '
               + CONVERT(NVARCHAR(20), CONVERT(DECIMAL(18, 0), DATEDIFF_BIG(MILLISECOND, MIN(k.first_seen), @now) / 1000.0))
               + N' 秒，见 v_medical_insurance_reconciliation', @now
    FROM dbo.medical_insurance_reconciliation_cases AS k
    WHERE k.close_time IS NULL AND k.gone_time IS NULL
    HAVING COUNT(*) > 0;

    -- of the last weeks, what no later run of the same days or more has made good
    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT 'RECONCILIATION_FAILED', 'WARNING',
           LEFT(N'有 ' + CONVERT(NVARCHAR(11), x.spans) + N' 次对账未能完成，最近一次 ' + CONVERT(NVARCHAR(10), l.first_day, 23)
               + N'：' + l.message, 500), @now
    FROM (
        SELECT COUNT(*) AS spans, MAX(n.run_id) AS run_id
        FROM dbo.medical_insurance_reconciliation_runs AS n
        WHERE n.first_day >= DATEADD(DAY, -40, CONVERT(DATE, @now)) AND n.outcome = 'INCOMPLETE' AND NOT EXISTS (
            SELECT 1 FROM dbo.medical_insurance_reconciliation_runs AS m
            WHERE m.first_day <= n.first_day AND m.last_day >= n.last_day AND m.run_id > n.run_id AND m.outcome IS NOT NULL)
    ) AS x
    INNER JOIN dbo.medical_insurance_reconciliation_runs AS l ON l.run_id = x.run_id;

    -- what a node says of itself ends with the node: SERVICE_DOWN speaks for the dead
    INSERT INTO @alerts (alert_type, alert_level, alert_message, alert_time)
    SELECT c.condition_type, CASE WHEN c.condition_type = 'SIGN_IN_FAILED' THEN 'CRITICAL' ELSE 'WARNING' END, c.message, c.create_time
    FROM dbo.medical_insurance_conditions AS c
    WHERE c.condition_type NOT IN ('BREAKER_OPEN', 'PROFILE_REFUSED', 'RULES_REFUSED', 'SAGA_REFUSED') OR EXISTS (
        SELECT 1 FROM dbo.sdk_heartbeat AS h
        WHERE h.node_id = c.subject AND h.status <> 'STOPPED' AND h.heartbeat_time > DATEADD(SECOND, -60, SYSUTCDATETIME()));

    SELECT a.alert_type, a.alert_level, a.alert_message, a.alert_time
    FROM @alerts AS a;
END;
