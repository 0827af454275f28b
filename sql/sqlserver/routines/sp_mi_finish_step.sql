SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Resolver: what a step proved. The attempt's answer is always kept; the row changes only under the resolver's own epoch and only
-- along the legal ways. Returns the requests whose row changed.
--   @items: JSON array of {request_id, resolve_epoch (0 keeps the answer alone), status, delay_ms, needs_quiet, error_code, error_message,
--     msgid, outcome, infcode, err_msg, fault, http_status, duration_ms, inf_refmsgid, serial_no, response_data}.
--     status: COMPLETED (an inquiry found the effect), REVERSED, MANUAL, or the status it has: try again after delay_ms.
--     needs_quiet is 1 when REVERSED rests on "no such original". msgid is null when nothing was sent.
CREATE OR ALTER PROCEDURE dbo.sp_mi_finish_step
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
        item_no INT IDENTITY(1, 1) NOT NULL, request_id BIGINT NOT NULL, resolve_epoch INT NOT NULL, status VARCHAR(10) NOT NULL,
        delay_ms INT NULL, needs_quiet SMALLINT NULL, error_code INT NULL, error_message NVARCHAR(500) NULL, msgid VARCHAR(30) NULL,
        outcome VARCHAR(16) NULL, infcode NVARCHAR(10) NULL, err_msg NVARCHAR(MAX) NULL, fault NVARCHAR(64) NULL, http_status INT NULL,
        duration_ms INT NULL, inf_refmsgid NVARCHAR(64) NULL, serial_no NVARCHAR(64) NULL, response_data NVARCHAR(MAX) NULL,
        PRIMARY KEY (request_id, item_no));
    DECLARE @held TABLE (
        request_id BIGINT NOT NULL PRIMARY KEY, resolve_epoch INT NOT NULL, status VARCHAR(10) NOT NULL, quiet_until DATETIME2(3) NULL);
    DECLARE @legal TABLE (request_id BIGINT NOT NULL PRIMARY KEY, item_no INT NOT NULL);
    DECLARE @done TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_finish_step of mi-bridge: @items is not JSON.', 1;
    -- whatever an insurer answers must fit: a strange answer to an inquiry or a reversal is evidence like any other
    INSERT INTO @batch (
        request_id, resolve_epoch, status, delay_ms, needs_quiet, error_code, error_message, msgid, outcome, infcode, err_msg, fault,
        http_status, duration_ms, inf_refmsgid, serial_no, response_data)
    SELECT i.request_id, i.resolve_epoch, i.status, i.delay_ms, i.needs_quiet, i.error_code, LEFT(i.error_message, 500), i.msgid, i.outcome,
           LEFT(i.infcode, 10), i.err_msg, LEFT(i.fault, 64), i.http_status, i.duration_ms, LEFT(i.inf_refmsgid, 64), LEFT(i.serial_no, 64),
           i.response_data
    FROM OPENJSON(@items) WITH (
        request_id     BIGINT         '$.request_id',
        resolve_epoch  INT            '$.resolve_epoch',
        status         VARCHAR(10)    '$.status',
        delay_ms       INT            '$.delay_ms',
        needs_quiet    SMALLINT       '$.needs_quiet',
        error_code     INT            '$.error_code',
        error_message  NVARCHAR(MAX)  '$.error_message',
        msgid          VARCHAR(30)    '$.msgid',
        outcome        VARCHAR(16)    '$.outcome',
        infcode        NVARCHAR(MAX)  '$.infcode',
        err_msg        NVARCHAR(MAX)  '$.err_msg',
        fault          NVARCHAR(MAX)  '$.fault',
        http_status    INT            '$.http_status',
        duration_ms    INT            '$.duration_ms',
        inf_refmsgid   NVARCHAR(MAX)  '$.inf_refmsgid',
        serial_no      NVARCHAR(MAX)  '$.serial_no',
        response_data  NVARCHAR(MAX)  '$.response_data') AS i;

    BEGIN TRANSACTION;
    -- all rows of the batch, in the order of their numbers. A finished step has no lease: a repeated call changes nothing, not even
    -- after a person's decision.
    INSERT INTO @held (request_id, resolve_epoch, status, quiet_until)
    SELECT r.request_id, r.resolve_epoch, r.status, r.quiet_until
    FROM (SELECT DISTINCT b.request_id FROM @batch AS b) AS i
    INNER JOIN dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK) ON r.request_id = i.request_id
    WHERE r.node_id = @node_id AND r.lease_until IS NOT NULL
    OPTION (FORCE ORDER, LOOP JOIN);
    -- one item a request: the last one that is legal
    INSERT INTO @legal (request_id, item_no)
    SELECT i.request_id, MAX(i.item_no)
    FROM @batch AS i
    INNER JOIN @held AS h ON h.request_id = i.request_id AND h.resolve_epoch = i.resolve_epoch
    WHERE (h.status = 'UNCERTAIN' AND i.status IN ('UNCERTAIN', 'MANUAL'))
       -- an earlier reversal may still take away what an inquiry sees
       OR (h.status = 'UNCERTAIN' AND i.status = 'COMPLETED' AND NOT EXISTS (
           SELECT 1 FROM dbo.medical_insurance_attempts AS a WITH (READCOMMITTEDLOCK)
           WHERE a.request_id = h.request_id AND a.kind = 'reversal'))
       OR (h.status = 'REVERSING' AND i.status IN ('REVERSING', 'MANUAL'))
       OR (h.status = 'REVERSING' AND i.status = 'REVERSED' AND (COALESCE(i.needs_quiet, 0) = 0 OR h.quiet_until <= @now))
    GROUP BY i.request_id;

    UPDATE r
    SET status = i.status, lease_until = NULL,
        -- a reversal that was proved not to have arrived costs no try
        resolve_tries = r.resolve_tries - CASE
            WHEN r.status = 'REVERSING' AND i.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN') THEN 1 ELSE 0 END,
        resolve_at = DATEADD(MILLISECOND, COALESCE(i.delay_ms, 0), @now),
        update_time = CASE WHEN r.status = i.status THEN r.update_time ELSE @local_now END,
        error_code = CASE WHEN i.status = 'COMPLETED' THEN NULL ELSE COALESCE(i.error_code, r.error_code) END,
        error_message = CASE WHEN i.status = 'COMPLETED' THEN NULL ELSE COALESCE(i.error_message, r.error_message) END
    OUTPUT inserted.request_id INTO @done (request_id)
    FROM @legal AS l
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = l.request_id AND r.resolve_epoch = i.resolve_epoch
    WHERE r.status IN ('UNCERTAIN', 'REVERSING')
    OPTION (FORCE ORDER, LOOP JOIN);
    UPDATE a
    SET answer_time = @local_now, outcome = i.outcome, infcode = i.infcode, err_msg = i.err_msg, fault = i.fault,
        http_status = i.http_status, duration_ms = i.duration_ms, answer_data = i.response_data
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_attempts AS a ON a.msgid = i.msgid AND a.request_id = i.request_id
    WHERE a.answer_time IS NULL
    OPTION (FORCE ORDER, LOOP JOIN);
    INSERT INTO dbo.medical_insurance_responses (
        request_id, response_data, infcode, err_msg, outcome, msgid, inf_refmsgid, serial_no, create_time)
    SELECT i.request_id, i.response_data, i.infcode, i.err_msg, i.outcome, i.msgid, i.inf_refmsgid, i.serial_no, @local_now
    FROM @legal AS l
    INNER JOIN @batch AS i ON i.request_id = l.request_id AND i.item_no = l.item_no
    INNER JOIN @done AS d ON d.request_id = l.request_id
    WHERE i.status = 'COMPLETED';
    COMMIT TRANSACTION;

    SELECT d.request_id FROM @done AS d;
END;
