SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Any node: takes back what a dead node held, without waiting for its leases, and ends what nobody took in time. Rows locked by
-- others are left for the next round, and a request that keeps costing its node the lease is ended, so that no row can stop the rescue.
-- Returns what it changed, and what was divided and whose parts have all ended (DIVIDED): the caller makes one answer of theirs.
--   @node_id: the caller, which lives;  @most_rescues: a request is given up when this many nodes have lost it, from 1
--   @quiet_seconds: an absence is not believed for so long;  @grace_seconds: a resolution begins after so long
CREATE OR ALTER PROCEDURE dbo.sp_mi_rescue
    @node_id        NVARCHAR(64),
    @most_rescues   INT,
    @quiet_seconds  INT,
    @grace_seconds  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3);
    DECLARE @local_now DATETIME2(3);
    DECLARE @lost TABLE (request_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @late TABLE (request_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @changed TABLE (request_id BIGINT NOT NULL, status VARCHAR(10) NOT NULL);

    EXEC dbo.sp_mi_bury @node_id = @node_id;
    SET @now = SYSUTCDATETIME();
    SET @local_now = SYSDATETIME();
    BEGIN TRANSACTION;
    INSERT INTO @lost (request_id)
    SELECT TOP (500) l.request_id
    FROM dbo.medical_insurance_requests AS l
        WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_lease))
    -- epoch is not in the index: so the row itself is locked, as everybody else does first, and not the index entry alone
    WHERE l.status IN ('CLAIMED', 'SENDING') AND l.lease_until < @now AND l.epoch >= 0
    ORDER BY l.lease_until;
    UPDATE r
    SET status = CASE
            -- it may have taken effect: only a resolution may free its key
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN 'UNCERTAIN'
            WHEN r.rescues + 1 >= @most_rescues THEN 'ERROR'
            ELSE 'PENDING' END,
        error_code = CASE
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN -1009
            WHEN r.rescues + 1 >= @most_rescues THEN -1004 END,
        error_message = CASE
            WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN N'处理节点中断，结果不确定'
            WHEN r.rescues + 1 >= @most_rescues THEN N'处理节点多次中断，已停止重试' END,
        -- a query or an upload may have been sent without an intent: its node can no longer say that it was not
        sends = r.sends + CASE WHEN r.status = 'CLAIMED' AND r.money_class IN ('Q', 'I') THEN 1 ELSE 0 END,
        rescues = r.rescues + 1, lease_until = NULL, update_time = @local_now,
        -- the worker may live on and its answer may come: a resolution begins after the grace, and believes an absence after the quiet
        quiet_until = DATEADD(SECOND, @quiet_seconds, @now),
        resolve_at = DATEADD(SECOND, @grace_seconds, @now)
    OUTPUT inserted.request_id, inserted.status INTO @changed (request_id, status)
    FROM @lost AS k
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = k.request_id
    WHERE r.status IN ('CLAIMED', 'SENDING') AND r.lease_until < @now
    OPTION (FORCE ORDER, LOOP JOIN);
    COMMIT TRANSACTION;

    BEGIN TRANSACTION;
    INSERT INTO @late (request_id)
    SELECT TOP (500) p.request_id
    FROM dbo.medical_insurance_requests AS p
        WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_expiry))
    WHERE p.status = 'PENDING' AND p.sends = 0 AND p.expires_at <= @now AND p.epoch >= 0
    ORDER BY p.expires_at;
    UPDATE r
    SET status = 'TIMEOUT', update_time = @local_now, error_code = -1005, error_message = N'超时未发送，请求已作废'
    OUTPUT inserted.request_id, inserted.status INTO @changed (request_id, status)
    FROM @late AS k
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = k.request_id
    WHERE r.status = 'PENDING' AND r.sends = 0
    OPTION (FORCE ORDER, LOOP JOIN);
    COMMIT TRANSACTION;

    SELECT c.request_id, c.status FROM @changed AS c
    UNION ALL
    SELECT r.request_id, r.status
    FROM dbo.medical_insurance_requests AS r
    WHERE r.status = 'DIVIDED'
      AND NOT EXISTS (
          SELECT 1 FROM dbo.medical_insurance_requests AS o
          WHERE o.parent_id = r.request_id AND o.parent_id IS NOT NULL AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'));
END;
