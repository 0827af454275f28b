SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Resolver: the intent of an inquiry or a reversal, committed before its first byte leaves. A reversal's intent makes the request
-- REVERSING: from here a success is no longer reachable. Only the requests it returns may be sent; a repeated call returns the same.
--   @items: JSON array of {request_id, resolve_epoch, kind, msgid, body_hash}
CREATE OR ALTER PROCEDURE dbo.sp_mi_begin_step
    @node_id  NVARCHAR(64),
    @items    NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @batch TABLE (
        item_no INT IDENTITY(1, 1) NOT NULL, request_id BIGINT NOT NULL, resolve_epoch INT NOT NULL, kind VARCHAR(10) NOT NULL,
        msgid VARCHAR(30) NOT NULL, body_hash CHAR(64) NOT NULL, PRIMARY KEY (request_id, item_no));
    DECLARE @held TABLE (
        request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL, resolve_epoch INT NOT NULL, status VARCHAR(10) NOT NULL,
        money_class CHAR(1) NOT NULL);
    DECLARE @legal TABLE (request_id BIGINT NOT NULL PRIMARY KEY, item_no INT NOT NULL, epoch INT NOT NULL);
    DECLARE @fresh TABLE (request_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @stepped TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_begin_step of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (request_id, resolve_epoch, kind, msgid, body_hash)
    SELECT i.request_id, i.resolve_epoch, i.kind, i.msgid, i.body_hash
    FROM OPENJSON(@items) WITH (
        request_id     BIGINT       '$.request_id',
        resolve_epoch  INT          '$.resolve_epoch',
        kind           VARCHAR(10)  '$.kind',
        msgid          VARCHAR(30)  '$.msgid',
        body_hash      CHAR(64)     '$.body_hash') AS i;

    BEGIN TRANSACTION;
    INSERT INTO @held (request_id, epoch, resolve_epoch, status, money_class)
    SELECT r.request_id, r.epoch, r.resolve_epoch, r.status, r.money_class
    FROM (SELECT DISTINCT b.request_id FROM @batch AS b) AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK) ON r.request_id = i.request_id
    WHERE r.node_id = @node_id AND r.lease_until >= @now
    OPTION (FORCE ORDER, LOOP JOIN);
    -- one item a request: the last one that is legal
    INSERT INTO @legal (request_id, item_no, epoch)
    SELECT i.request_id, MAX(i.item_no), MAX(h.epoch)
    FROM @batch AS i
    INNER JOIN @held AS h ON h.request_id = i.request_id AND h.resolve_epoch = i.resolve_epoch
    WHERE (i.kind = 'reversal' AND h.status IN ('UNCERTAIN', 'REVERSING') AND h.money_class = 'M')
       OR (i.kind = 'inquiry' AND h.status = 'UNCERTAIN')
    GROUP BY i.request_id;
    -- what a call repeated did not write the first time
    INSERT INTO @fresh (request_id)
    SELECT l.request_id
    FROM @legal AS l
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_attempts AS a WITH (READCOMMITTEDLOCK)
        WHERE a.msgid = i.msgid AND a.request_id = i.request_id);

    UPDATE r
    SET status = CASE WHEN i.kind = 'reversal' THEN 'REVERSING' ELSE r.status END,
        resolve_tries = r.resolve_tries + CASE
            WHEN i.kind = 'reversal' AND EXISTS (SELECT 1 FROM @fresh AS f WHERE f.request_id = r.request_id) THEN 1
            ELSE 0 END,
        update_time = CASE WHEN i.kind = 'reversal' AND r.status = 'UNCERTAIN' THEN @local_now ELSE r.update_time END
    OUTPUT inserted.request_id INTO @stepped (request_id)
    FROM @legal AS l
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = l.request_id AND r.resolve_epoch = i.resolve_epoch
    WHERE r.status IN ('UNCERTAIN', 'REVERSING')
    OPTION (FORCE ORDER, LOOP JOIN);
    INSERT INTO dbo.medical_insurance_attempts (request_id, epoch, kind, msgid, node_id, body_hash, create_time)
    SELECT i.request_id, l.epoch, i.kind, i.msgid, @node_id, i.body_hash, @local_now
    FROM @legal AS l
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    INNER JOIN @stepped AS s ON s.request_id = l.request_id
    INNER JOIN @fresh AS f ON f.request_id = l.request_id;
    COMMIT TRANSACTION;

    SELECT s.request_id FROM @stepped AS s;
END;
