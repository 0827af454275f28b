SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: the intent of class M and N. Commits one attempt with its msgid for each request that is still this epoch's,
-- before its first byte leaves. Only the requests it returns may be sent. A repeated call (the first answer was lost) returns
-- what the first wrote.
--   @lease_seconds: the lease from now on
--   @items: JSON array of {request_id, epoch, msgid, body_hash}
CREATE OR ALTER PROCEDURE dbo.sp_mi_begin_send
    @node_id        NVARCHAR(64),
    @lease_seconds  INT,
    @items          NVARCHAR(MAX)
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
        request_id BIGINT NOT NULL, epoch INT NOT NULL, msgid VARCHAR(30) NOT NULL, body_hash CHAR(64) NOT NULL,
        PRIMARY KEY (request_id, epoch, msgid));
    DECLARE @held TABLE (request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL);
    DECLARE @sending TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_begin_send of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (request_id, epoch, msgid, body_hash)
    SELECT i.request_id, i.epoch, i.msgid, i.body_hash
    FROM OPENJSON(@items) WITH (
        request_id  BIGINT       '$.request_id',
        epoch       INT          '$.epoch',
        msgid       VARCHAR(30)  '$.msgid',
        body_hash   CHAR(64)     '$.body_hash') AS i;

    BEGIN TRANSACTION;
    INSERT INTO @held (request_id, epoch)
    SELECT r.request_id, r.epoch
    FROM (SELECT DISTINCT b.request_id, b.epoch FROM @batch AS b) AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
        ON r.request_id = i.request_id AND r.epoch = i.epoch
    WHERE r.status = 'CLAIMED' AND r.node_id = @node_id
    OPTION (FORCE ORDER, LOOP JOIN);
    -- what the first of two calls wrote
    INSERT INTO @sending (request_id)
    SELECT DISTINCT r.request_id
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (READCOMMITTEDLOCK, FORCESEEK)
        ON r.request_id = i.request_id AND r.epoch = i.epoch
    INNER JOIN dbo.medical_insurance_attempts AS a WITH (READCOMMITTEDLOCK, FORCESEEK)
        ON a.msgid = i.msgid AND a.request_id = i.request_id
    WHERE r.status = 'SENDING' AND r.node_id = @node_id AND a.answer_time IS NULL
    OPTION (FORCE ORDER, LOOP JOIN);
    UPDATE r
    SET status = 'SENDING', sends = r.sends + 1, update_time = @local_now, lease_until = DATEADD(SECOND, @lease_seconds, @now)
    OUTPUT inserted.request_id INTO @sending (request_id)
    FROM @held AS h
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = h.request_id AND r.epoch = h.epoch
    WHERE r.status = 'CLAIMED'
    OPTION (FORCE ORDER, LOOP JOIN);
    INSERT INTO dbo.medical_insurance_attempts (request_id, epoch, msgid, node_id, body_hash, create_time)
    SELECT i.request_id, i.epoch, i.msgid, @node_id, i.body_hash, @local_now
    FROM @batch AS i
    INNER JOIN @held AS h ON h.request_id = i.request_id AND h.epoch = i.epoch
    INNER JOIN @sending AS s ON s.request_id = i.request_id;
    COMMIT TRANSACTION;

    SELECT s.request_id FROM @sending AS s;
END;
