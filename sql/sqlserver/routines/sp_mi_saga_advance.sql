SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: moves a saga by one step: submits the next step's request and records it, in one transaction, under the holder's epoch.
-- The rules are kept here whatever the bridge thinks: a saga goes on only past a step that succeeded, turns back only once, and only
-- when its step has ended.
--   @item: {status, keep, step_order, step_code, direction, attempt, interface_code, input_data, error_code, error_message}.
--     status: the saga's next. Without step_code nothing is submitted; with step_code and without input_data the step is recorded as
--     one that could not be submitted. keep is 1 when the saga goes on watching the request it watches.
--   @moved: 1, or 0 when the saga is no longer the caller's or the way is not legal
--   @error_code, @error_message: the submit's error, which moves nothing. All three come as a row, too.
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_advance
    @node_id        NVARCHAR(64),
    @saga_id        BIGINT,
    @epoch          INT,
    @item           NVARCHAR(MAX),
    @moved          INT            = NULL OUTPUT,
    @error_code     INT            = NULL OUTPUT,
    @error_message  NVARCHAR(500)  = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @next VARCHAR(12);
    DECLARE @keep SMALLINT;
    DECLARE @step_order SMALLINT;
    DECLARE @step_code VARCHAR(20);
    DECLARE @direction VARCHAR(7);
    DECLARE @attempt SMALLINT;
    DECLARE @interface_code VARCHAR(10);
    DECLARE @input_data NVARCHAR(MAX);
    DECLARE @next_code INT;
    DECLARE @next_message NVARCHAR(MAX);
    DECLARE @status VARCHAR(12);
    DECLARE @way VARCHAR(7);
    DECLARE @watched BIGINT;
    DECLARE @watched_status VARCHAR(10);
    DECLARE @outcome VARCHAR(16);
    DECLARE @legal BIT = 0;
    DECLARE @timeout INT;
    DECLARE @retries INT;
    DECLARE @org_code VARCHAR(12);
    DECLARE @priority INT;
    DECLARE @insuplc_admdvs VARCHAR(6);
    DECLARE @opter NVARCHAR(30);
    DECLARE @opter_name NVARCHAR(50);
    DECLARE @opter_type VARCHAR(3);
    DECLARE @key NVARCHAR(200);
    DECLARE @request_id BIGINT;

    SET @moved = 0;
    SET @error_code = 0;
    SET @error_message = N'';
    IF COALESCE(ISJSON(@item), 0) = 0
        THROW 51902, N'sp_mi_saga_advance of mi-bridge: @item is not JSON.', 1;
    SELECT @next = i.status, @keep = i.keep, @step_order = i.step_order, @step_code = i.step_code, @direction = i.direction,
           @attempt = i.attempt, @interface_code = i.interface_code, @input_data = i.input_data, @next_code = i.error_code,
           @next_message = i.error_message
    FROM OPENJSON(@item) WITH (
        status          VARCHAR(12)    '$.status',
        keep            SMALLINT       '$.keep',
        step_order      SMALLINT       '$.step_order',
        step_code       VARCHAR(20)    '$.step_code',
        direction       VARCHAR(7)     '$.direction',
        attempt         SMALLINT       '$.attempt',
        interface_code  VARCHAR(10)    '$.interface_code',
        input_data      NVARCHAR(MAX)  '$.input_data',
        error_code      INT            '$.error_code',
        error_message   NVARCHAR(MAX)  '$.error_message') AS i;

    BEGIN TRANSACTION;
    -- 1. the saga is still the caller's, and the way is legal
    SELECT @status = s.status, @way = s.direction, @watched = s.watched_request_id, @timeout = s.timeout_seconds, @org_code = s.org_code,
           @priority = s.priority, @insuplc_admdvs = s.insuplc_admdvs, @opter = s.opter, @opter_name = s.opter_name,
           @opter_type = s.opter_type
    FROM dbo.medical_insurance_sagas AS s WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
    WHERE s.saga_id = @saga_id AND s.epoch = @epoch AND s.node_id = @node_id AND s.due_at IS NOT NULL;
    SELECT @watched_status = r.status, @outcome = p.outcome
    FROM dbo.medical_insurance_requests AS r
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
    WHERE r.request_id = @watched;
    -- what is not known to be legal is not
    IF (@next = 'RUNNING' AND @way = 'FORWARD' AND @status IN ('RUNNING', 'WAITING')
            -- on past a step that succeeded, or to the first one
            AND @direction = 'FORWARD' AND @input_data IS NOT NULL
            AND (@watched IS NULL OR (@watched_status = 'COMPLETED' AND @outcome = 'OK')))
        OR (@next = 'COMPLETED' AND @way = 'FORWARD' AND @status IN ('RUNNING', 'WAITING')
            AND @watched_status = 'COMPLETED' AND @outcome = 'OK')
        -- back only when nothing of the saga is under way or in doubt
        OR (@next = 'COMPENSATING' AND @status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND @direction = 'BACK' AND @input_data IS NOT NULL
            AND COALESCE(@watched_status, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'))
        OR (@next = 'COMPENSATED' AND @status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND COALESCE(@watched_status, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'))
        OR (@next = 'WAITING' AND @status IN ('RUNNING', 'COMPENSATING') AND @watched IS NOT NULL)
        OR (@next = 'MANUAL' AND @status IN ('RUNNING', 'WAITING', 'COMPENSATING', 'MANUAL')
            AND COALESCE(@watched_status, 'ERROR') IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED', 'MANUAL'))
        SET @legal = 1;

    -- 2. the next step's request; the key makes a second one impossible
    IF @legal = 1 AND @step_code IS NOT NULL AND @input_data IS NOT NULL
    BEGIN
        -- a compensation must not lapse while the platform is away
        SET @timeout = CASE @direction WHEN 'BACK' THEN 86400 ELSE @timeout END;
        SET @retries = CASE @direction WHEN 'BACK' THEN 20 ELSE 3 END;
        SET @key = N'saga:' + CONVERT(NVARCHAR(20), @saga_id) + N':' + @step_code + N':' + LOWER(@direction)
            + CASE WHEN @attempt > 1 THEN N':' + CONVERT(NVARCHAR(6), @attempt) ELSE N'' END;
        EXEC dbo.sp_mi_submit @interface_code = @interface_code, @input_data = @input_data, @timeout = @timeout, @retry_count = @retries,
            @org_code = @org_code, @business_key = @key, @priority = @priority, @serial_key = NULL, @insuplc_admdvs = @insuplc_admdvs,
            @opter = @opter, @opter_name = @opter_name, @opter_type = @opter_type,
            @request_id = @request_id OUTPUT, @error_code = @error_code OUTPUT, @error_message = @error_message OUTPUT;
    END;

    -- 3. the record, and the saga's new place
    IF @legal = 1 AND @error_code = 0
    BEGIN
        IF @step_code IS NOT NULL
            INSERT INTO dbo.medical_insurance_saga_steps (
                saga_id, step_order, direction, attempt, step_code, interface_code, request_id, error_message, create_time)
            VALUES (
                @saga_id, @step_order, @direction, @attempt, @step_code, @interface_code, @request_id,
                CASE WHEN @request_id IS NULL THEN LEFT(@next_message, 500) END, @local_now);
        UPDATE s
        SET status = @next, due_at = NULL,
            direction = CASE WHEN @next IN ('COMPENSATING', 'COMPENSATED') THEN 'BACK' ELSE COALESCE(@direction, s.direction) END,
            watched_request_id = CASE WHEN @request_id IS NOT NULL THEN @request_id WHEN @keep = 1 THEN s.watched_request_id END,
            update_time = CASE WHEN s.status = @next THEN s.update_time ELSE @local_now END,
            error_code = COALESCE(@next_code, s.error_code),
            error_message = COALESCE(LEFT(@next_message, 500), s.error_message)
        FROM dbo.medical_insurance_sagas AS s
        WHERE s.saga_id = @saga_id AND s.epoch = @epoch AND s.due_at IS NOT NULL;
        SET @moved = @@ROWCOUNT;
    END;
    -- a submit that failed for the database's own reasons may have doomed the transaction; and where hints are ignored (Babelfish)
    -- somebody may have moved the saga between the look and the move
    IF XACT_STATE() = -1 OR (@legal = 1 AND @error_code = 0 AND @moved = 0)
        ROLLBACK TRANSACTION;
    ELSE
        COMMIT TRANSACTION;

    SELECT @moved AS moved, @error_code AS error_code, @error_message AS error_message;
END;
