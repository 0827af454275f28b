SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: wait up to @wait_ms for work, then lease up to @capacity requests to this node, oldest rank first.
-- One claim runs at a time in the whole cluster (a lock of a few milliseconds): that is what makes limits and order exact.
--   @node_id: the node;  @capacity: most requests, from 1;  @lease_seconds: how long they are this node's
--   @wait_ms: 0 looks once;  @step_ms: pause between two looks while waiting, 2 to 59999 (less would not pause at all)
--   @floor_rank: where the queue's living part begins; the part before it, where only stragglers are, is looked at once a second
-- An empty answer before the time says that a saga is due: the saga's look rides on this wait and costs no statement of its own.
CREATE OR ALTER PROCEDURE dbo.sp_mi_claim
    @node_id        NVARCHAR(64),
    @capacity       INT,
    @lease_seconds  INT,
    @wait_ms        INT,
    @step_ms        INT,
    @floor_rank     BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @begin DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @until DATETIME2(3) = DATEADD(MILLISECOND, @wait_ms, @begin);
    DECLARE @whole DATETIME2(3) = DATEADD(SECOND, 1, @begin);
    DECLARE @sagas DATETIME2(3) = @begin;
    DECLARE @step INT = CASE WHEN @step_ms < 2 THEN 2 WHEN @step_ms > 59999 THEN 59999 ELSE @step_ms END;
    DECLARE @clock CHAR(6) = RIGHT('0' + CONVERT(VARCHAR(2), @step / 1000), 2) + '.' + RIGHT('00' + CONVERT(VARCHAR(3), @step % 1000), 3);
    -- Babelfish refuses a procedure with WAITFOR in its text and has PostgreSQL's own sleep: so both are texts
    DECLARE @pause NVARCHAR(60) = CASE WHEN SERVERPROPERTY('Babelfish') IS NULL
        THEN N'WAITFOR DELAY ''00:00:' + @clock + N'''' ELSE N'EXECUTE pg_sleep ' + @clock END;
    DECLARE @floor BIGINT = @floor_rank;
    DECLARE @has_work BIT = 0;
    DECLARE @saga_due BIT = 0;
    DECLARE @lock INT;
    DECLARE @now DATETIME2(3);
    DECLARE @local_now DATETIME2(3);
    DECLARE @ids NVARCHAR(MAX);
    DECLARE @kept NVARCHAR(MAX);
    DECLARE @count INT;
    DECLARE @first BIGINT = 0;
    DECLARE @msgid_step BIGINT = 1;
    DECLARE @full TABLE (org_code VARCHAR(12) NOT NULL, interface_code VARCHAR(10) NOT NULL);
    DECLARE @ripe TABLE (request_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @chosen TABLE (request_id BIGINT NOT NULL PRIMARY KEY, place BIGINT NOT NULL);
    DECLARE @going TABLE (request_id BIGINT NOT NULL PRIMARY KEY, place BIGINT NOT NULL);
    DECLARE @claimed TABLE (request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL);

    -- 1. wait for work, outside of any transaction
    EXEC dbo.sp_mi_has_work @floor_rank = @floor, @has_work = @has_work OUTPUT;
    WHILE @has_work = 0
    BEGIN
        SET @now = SYSUTCDATETIME();
        IF @now >= @until
            BREAK;
        IF @now >= @sagas
        BEGIN
            EXEC dbo.sp_mi_saga_due @due = @saga_due OUTPUT;
            IF @saga_due = 1
                BREAK;
            SET @sagas = DATEADD(MILLISECOND, 5, @now);
        END;
        EXEC sys.sp_executesql @pause;
        SET @floor = @floor_rank;
        IF @now >= @whole
        BEGIN
            SET @floor = 0;
            SET @whole = DATEADD(SECOND, 1, @now);
        END;
        EXEC dbo.sp_mi_has_work @floor_rank = @floor, @has_work = @has_work OUTPUT;
    END;

    IF @has_work = 1
    BEGIN
        BEGIN TRANSACTION;
        -- 2. one claimer at a time, until this transaction ends
        EXEC @lock = sys.sp_getapplock @Resource = N'mi_bridge_claim', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 10000;
        IF @lock < 0
        BEGIN
            ROLLBACK TRANSACTION;
            THROW 51910, N'The claim lock of mi-bridge was not granted within 10 s, a lock timeout (1222): another node hangs in its claim.', 1;
        END;
        SET @now = SYSUTCDATETIME();
        SET @local_now = SYSDATETIME();

        -- 3. backoffs that are over return to the queue
        INSERT INTO @ripe (request_id)
        SELECT TOP (500) w.request_id
        FROM dbo.medical_insurance_requests AS w
            WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_backoff))
        -- epoch is not in the index: so the row itself is locked, as everybody else does first, and not the index entry alone
        WHERE w.status = 'PENDING' AND w.available_at IS NOT NULL AND w.available_at <= @now AND w.epoch >= 0
        ORDER BY w.available_at;
        UPDATE r
        SET available_at = NULL
        FROM @ripe AS k
        INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = k.request_id
        WHERE r.status = 'PENDING'
        OPTION (FORCE ORDER, LOOP JOIN);

        -- 4. limits that have no room left: what they hold waits, and nothing else waits behind it
        IF EXISTS (SELECT 1 FROM dbo.medical_insurance_limits AS l WHERE l.enabled = 1)
            INSERT INTO @full (org_code, interface_code)
            SELECT u.org_code, u.interface_code
            FROM dbo.v_medical_insurance_limits AS u
            WHERE u.room <= 0;

        -- 5. choose: the head of each free key, oldest rank first. Rows that HIS holds are passed by; live ones are waited for,
        -- so that a key on its way back to the queue is not taken for free.
        INSERT INTO @chosen (request_id, place)
        SELECT c.request_id, ROW_NUMBER() OVER (ORDER BY c.queue_rank, c.request_id)
        FROM (
            SELECT TOP (@capacity) r.request_id, r.queue_rank
            FROM dbo.medical_insurance_requests AS r
                WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_queue))
            WHERE r.status = 'PENDING' AND r.available_at IS NULL AND r.queue_rank >= @floor
              AND NOT EXISTS (
                  SELECT 1 FROM @full AS f
                  WHERE f.org_code IN ('', r.org_code) AND f.interface_code IN ('', r.interface_code))
              AND NOT EXISTS (
                  SELECT 1
                  FROM dbo.medical_insurance_requests AS b
                      WITH (READCOMMITTEDLOCK, ROWLOCK, INDEX (ux_medical_insurance_requests_live))
                  WHERE b.order_key = r.order_key AND b.order_key IS NOT NULL
                    AND b.status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL'))
              AND NOT EXISTS (
                  SELECT 1
                  FROM dbo.medical_insurance_requests AS e
                      WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_key))
                  WHERE e.order_key = r.order_key AND e.order_key IS NOT NULL
                    AND e.status = 'PENDING' AND e.request_id < r.request_id)
            ORDER BY r.queue_rank, r.request_id
        ) AS c;
        -- An elder of the same key may have come back to the queue between the two looks above, when it was neither seen live nor
        -- seen waiting. Now it is seen: only a claim takes a key from the queue, and there is no other.
        DELETE c
        FROM @chosen AS c
        INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = c.request_id
        WHERE EXISTS (
            SELECT 1
            FROM dbo.medical_insurance_requests AS e
                WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_key))
            WHERE e.order_key = r.order_key AND e.order_key IS NOT NULL
              AND e.status = 'PENDING' AND e.request_id < r.request_id);

        -- 6. what waited too long is never sent, nor a part after one that failed where the site wants the others left out
        UPDATE r
        SET status = CASE WHEN r.expires_at <= @now THEN 'TIMEOUT' ELSE 'CANCELLED' END, update_time = @local_now,
            error_code = CASE WHEN r.expires_at <= @now THEN -1005 ELSE -1004 END,
            error_message = CASE WHEN r.expires_at <= @now THEN N'超时未发送，请求已作废' ELSE N'前面有一批未成功，本批没有发送' END
        FROM @chosen AS c
        INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = c.request_id
        WHERE r.status = 'PENDING' AND r.sends = 0
          AND (r.expires_at <= @now
               OR (r.stop_on_refusal = 1 AND EXISTS (
                   SELECT 1 FROM dbo.medical_insurance_requests AS e
                   LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = e.request_id
                   WHERE e.parent_id = r.parent_id AND e.parent_id IS NOT NULL AND e.part_no < r.part_no
                     AND (e.status <> 'COMPLETED' OR p.outcome <> 'OK'))))
        OPTION (FORCE ORDER, LOOP JOIN);
        SET @ids = N'[' + COALESCE(STUFF((
            SELECT N',' + CONVERT(NVARCHAR(20), c.request_id) FROM @chosen AS c ORDER BY c.place FOR XML PATH('')), 1, 1, N''), N'') + N']';
        EXEC dbo.sp_mi_within_limits @ids = @ids, @kept = @kept OUTPUT;
        INSERT INTO @going (request_id, place)
        SELECT CONVERT(BIGINT, j.[value]), CONVERT(BIGINT, j.[key])
        FROM OPENJSON(@kept) AS j;
        SET @count = (SELECT COUNT(*) FROM @going AS g);

        -- 7. lease the rest, each with a message number of its own
        IF @count > 0
        BEGIN
            EXEC dbo.sp_mi_take_msgids @count = @count, @first = @first OUTPUT;
            SET @msgid_step = (SELECT c.counter_step FROM dbo.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');
            UPDATE r
            SET status = 'CLAIMED', epoch = r.epoch + 1, node_id = @node_id, update_time = @local_now,
                lease_until = DATEADD(SECOND, @lease_seconds, @now)
            OUTPUT inserted.request_id, inserted.epoch INTO @claimed (request_id, epoch)
            FROM @going AS g
            INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = g.request_id
            WHERE r.status = 'PENDING'
            OPTION (FORCE ORDER, LOOP JOIN);
        END;
        COMMIT TRANSACTION;
    END;

    SELECT r.request_id, r.epoch, r.interface_code, r.org_code, r.input_data, r.money_class, r.max_retry_count, r.tries, r.sends,
           r.insuplc_admdvs, r.opter, r.opter_name, r.opter_type,
           @first + g.place * @msgid_step AS msgid_number, r.queue_rank,
           CONVERT(INT, CASE WHEN DATEDIFF_BIG(MILLISECOND, r.create_time, @local_now) > 2147483647 THEN 2147483647
               ELSE DATEDIFF_BIG(MILLISECOND, r.create_time, @local_now) END) AS queued_ms
    FROM @claimed AS c
    INNER JOIN @going AS g ON g.request_id = c.request_id
    INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = c.request_id AND r.epoch = c.epoch
    ORDER BY g.place;
END;
