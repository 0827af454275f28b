SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: what became of a batch of requests. Every answer is kept as evidence, however late; a row changes only where its epoch
-- is still the sender's and the way to the new status is legal. Returns the requests whose row changed, and with the last part of a
-- divided request that request: whoever recorded it makes one answer of the parts'.
--   @items: JSON array of {request_id, epoch, status, delay_ms, quiet_ms, error_code, error_message,
--     msgid, body_hash, outcome, infcode, err_msg, fault, http_status, duration_ms, inf_refmsgid, serial_no, response_data, check_report}.
--     status: COMPLETED, ERROR, PENDING (send again after delay_ms) or UNCERTAIN (resolve after delay_ms; an absence is believed
--     after quiet_ms). msgid is null when nothing was tried.
CREATE OR ALTER PROCEDURE dbo.sp_mi_finish
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
        item_no INT IDENTITY(1, 1) NOT NULL, request_id BIGINT NOT NULL, epoch INT NOT NULL, status VARCHAR(10) NOT NULL,
        delay_ms INT NULL, quiet_ms INT NULL, error_code INT NULL, error_message NVARCHAR(500) NULL, msgid VARCHAR(30) NULL, body_hash CHAR(64) NULL,
        outcome VARCHAR(16) NULL, infcode NVARCHAR(10) NULL, err_msg NVARCHAR(MAX) NULL, fault NVARCHAR(64) NULL, http_status INT NULL,
        duration_ms INT NULL, inf_refmsgid NVARCHAR(64) NULL, serial_no NVARCHAR(64) NULL, response_data NVARCHAR(MAX) NULL,
        check_report NVARCHAR(4000) NULL, done BIT NOT NULL, PRIMARY KEY (request_id, item_no));
    DECLARE @held TABLE (request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL, status VARCHAR(10) NOT NULL, money_class CHAR(1) NOT NULL);
    DECLARE @legal TABLE (request_id BIGINT NOT NULL PRIMARY KEY, item_no INT NOT NULL);
    DECLARE @done TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_finish of mi-bridge: @items is not JSON.', 1;
    -- whatever an insurer answers must fit: one strange answer never costs the others their place on disk
    INSERT INTO @batch (
        request_id, epoch, status, delay_ms, quiet_ms, error_code, error_message, msgid, body_hash, outcome, infcode, err_msg, fault,
        http_status, duration_ms, inf_refmsgid, serial_no, response_data, check_report, done)
    SELECT i.request_id, i.epoch, i.status, i.delay_ms, i.quiet_ms, i.error_code, LEFT(i.error_message, 500), i.msgid, i.body_hash, i.outcome,
           LEFT(i.infcode, 10), i.err_msg, LEFT(i.fault, 64), i.http_status, i.duration_ms, LEFT(i.inf_refmsgid, 64), LEFT(i.serial_no, 64),
           i.response_data, LEFT(i.check_report, 4000), 0
    FROM OPENJSON(@items) WITH (
        request_id     BIGINT         '$.request_id',
        epoch          INT            '$.epoch',
        status         VARCHAR(10)    '$.status',
        delay_ms       INT            '$.delay_ms',
        quiet_ms       INT            '$.quiet_ms',
        error_code     INT            '$.error_code',
        error_message  NVARCHAR(MAX)  '$.error_message',
        msgid          VARCHAR(30)    '$.msgid',
        body_hash      CHAR(64)       '$.body_hash',
        outcome        VARCHAR(16)    '$.outcome',
        infcode        NVARCHAR(MAX)  '$.infcode',
        err_msg        NVARCHAR(MAX)  '$.err_msg',
        fault          NVARCHAR(MAX)  '$.fault',
        http_status    INT            '$.http_status',
        duration_ms    INT            '$.duration_ms',
        inf_refmsgid   NVARCHAR(MAX)  '$.inf_refmsgid',
        serial_no      NVARCHAR(MAX)  '$.serial_no',
        response_data  NVARCHAR(MAX)  '$.response_data',
        check_report   NVARCHAR(MAX)  '$.check_report') AS i;

    BEGIN TRANSACTION;
    -- all rows of the batch, in the order of their numbers: a call repeated while its first run still commits waits here
    INSERT INTO @held (request_id, epoch, status, money_class)
    SELECT r.request_id, r.epoch, r.status, r.money_class
    FROM (SELECT DISTINCT b.request_id FROM @batch AS b) AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK) ON r.request_id = i.request_id
    OPTION (FORCE ORDER, LOOP JOIN);

    -- one item a request: the last one that is legal
    INSERT INTO @legal (request_id, item_no)
    SELECT i.request_id, MAX(i.item_no)
    FROM @batch AS i
    INNER JOIN @held AS h ON h.request_id = i.request_id AND h.epoch = i.epoch
    WHERE h.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN')
      -- completed means answered
      AND (i.status <> 'COMPLETED' OR i.outcome IS NOT NULL)
      AND (
          -- the answer came late for this epoch; once a reversal was tried, a person's RETRY does not bring success back
          (h.status = 'UNCERTAIN' AND i.status = 'COMPLETED' AND i.outcome IN ('OK', 'REFUSED') AND NOT EXISTS (
              SELECT 1 FROM dbo.medical_insurance_attempts AS a WITH (READCOMMITTEDLOCK)
              WHERE a.request_id = h.request_id AND a.kind = 'reversal'))
          -- a query or an upload may be sent again whatever happened
          OR (h.status IN ('CLAIMED', 'SENDING') AND h.money_class IN ('Q', 'I') AND i.status IN ('COMPLETED', 'ERROR', 'PENDING'))
          -- nothing of class M and N was sent yet
          OR (h.status = 'CLAIMED' AND h.money_class NOT IN ('Q', 'I') AND i.status IN ('ERROR', 'PENDING')
              AND COALESCE(i.outcome, 'NOT_SENT') IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN'))
          OR (h.status = 'SENDING' AND h.money_class NOT IN ('Q', 'I') AND i.status = 'COMPLETED' AND i.outcome IN ('OK', 'REFUSED'))
          OR (h.status = 'SENDING' AND h.money_class NOT IN ('Q', 'I') AND i.status IN ('PENDING', 'ERROR')
              AND i.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN'))
          OR (h.status = 'SENDING' AND h.money_class NOT IN ('Q', 'I') AND i.status = 'UNCERTAIN'))
    GROUP BY i.request_id;

    UPDATE r
    SET status = i.status, update_time = @local_now, lease_until = NULL, error_code = i.error_code, error_message = i.error_message,
        check_report = COALESCE(i.check_report, r.check_report),
        tries = r.tries + CASE WHEN i.msgid IS NOT NULL THEN 1 ELSE 0 END,
        -- sends counts what may have reached the insurer; a proof that it did not takes it back
        sends = r.sends
            + CASE WHEN r.status = 'CLAIMED' AND i.msgid IS NOT NULL THEN 1 ELSE 0 END
            - CASE WHEN i.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN') AND i.msgid IS NOT NULL THEN 1 ELSE 0 END,
        quiet_until = CASE WHEN i.status = 'UNCERTAIN' THEN DATEADD(MILLISECOND, i.quiet_ms, @now) ELSE r.quiet_until END,
        resolve_at = CASE WHEN i.status = 'UNCERTAIN' THEN DATEADD(MILLISECOND, i.delay_ms, @now) ELSE r.resolve_at END,
        available_at = CASE WHEN i.status = 'PENDING' AND i.delay_ms > 0 THEN DATEADD(MILLISECOND, i.delay_ms, @now) END
    OUTPUT inserted.request_id INTO @done (request_id)
    FROM @legal AS l
    INNER JOIN @held AS h ON h.request_id = l.request_id
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = l.request_id AND r.epoch = h.epoch
    WHERE r.status = h.status
    OPTION (FORCE ORDER, LOOP JOIN);
    UPDATE i
    SET done = 1
    FROM @batch AS i
    INNER JOIN @legal AS l ON l.request_id = i.request_id AND l.item_no = i.item_no
    INNER JOIN @done AS d ON d.request_id = i.request_id;

    -- an answer may come after its attempt was given up: a yes or no of the platform outweighs our not knowing
    UPDATE a
    SET answer_time = @local_now, outcome = i.outcome, infcode = i.infcode, err_msg = i.err_msg,
        fault = COALESCE(NULLIF(i.fault, N''), a.fault), http_status = i.http_status, duration_ms = i.duration_ms,
        answer_data = CASE WHEN i.done = 1 AND i.status IN ('COMPLETED', 'ERROR') THEN a.answer_data
            ELSE COALESCE(i.response_data, a.answer_data) END
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_attempts AS a ON a.msgid = i.msgid AND a.request_id = i.request_id
    WHERE a.answer_time IS NULL OR (a.outcome NOT IN ('OK', 'REFUSED') AND i.outcome IN ('OK', 'REFUSED'))
    OPTION (FORCE ORDER, LOOP JOIN);
    INSERT INTO dbo.medical_insurance_attempts (
        request_id, epoch, msgid, node_id, body_hash, create_time, answer_time, outcome, infcode, err_msg, fault, http_status,
        duration_ms, answer_data)
    SELECT i.request_id, i.epoch, i.msgid, @node_id, i.body_hash, @local_now, @local_now, i.outcome, i.infcode, i.err_msg, i.fault,
           i.http_status, i.duration_ms, CASE WHEN i.done = 1 AND i.status IN ('COMPLETED', 'ERROR') THEN NULL ELSE i.response_data END
    FROM @batch AS i
    WHERE i.msgid IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_attempts AS a WITH (READCOMMITTEDLOCK) WHERE a.msgid = i.msgid)
      AND NOT EXISTS (SELECT 1 FROM @batch AS o WHERE o.msgid = i.msgid AND o.item_no > i.item_no);
    INSERT INTO dbo.medical_insurance_responses (
        request_id, response_data, infcode, err_msg, outcome, msgid, inf_refmsgid, serial_no, create_time)
    SELECT i.request_id, i.response_data, i.infcode, i.err_msg, i.outcome, i.msgid, i.inf_refmsgid, i.serial_no, @local_now
    FROM @batch AS i
    WHERE i.done = 1 AND (i.status = 'COMPLETED' OR (i.status = 'ERROR' AND i.response_data IS NOT NULL));
    COMMIT TRANSACTION;

    SELECT d.request_id FROM @done AS d
    UNION ALL
    SELECT r.parent_id
    FROM @done AS d
    INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = d.request_id
    WHERE r.parent_id IS NOT NULL AND r.status IN ('COMPLETED', 'ERROR')
      AND NOT EXISTS (
          SELECT 1 FROM dbo.medical_insurance_requests AS o
          WHERE o.parent_id = r.parent_id AND o.parent_id IS NOT NULL AND o.request_id <> r.request_id
            AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'))
    OPTION (FORCE ORDER, LOOP JOIN);
END;
