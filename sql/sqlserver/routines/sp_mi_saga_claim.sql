SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: leases sagas that are due, each with its definition and what became of its steps.
-- steps: JSON array in the order they were taken, of {step_order, step_code, direction, attempt, interface_code, request_id, status,
-- outcome, infcode, err_msg, error_message, response_data, decision}; decision is a person's on a step that could not be compensated.
--   @capacity: most sagas, from 1;  @lease_seconds: how long they are this node's
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_claim
    @node_id        NVARCHAR(64),
    @capacity       INT,
    @lease_seconds  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @room INT;
    DECLARE @due TABLE (saga_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @held TABLE (saga_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL);

    BEGIN TRANSACTION;
    -- epoch is in no index: looking at it locks the saga itself, or passes it by when its late holder works on it, and not just the
    -- index entry, over which the two would then deadlock
    INSERT INTO @due (saga_id)
    SELECT TOP (@capacity) s.saga_id
    FROM dbo.medical_insurance_sagas AS s
        WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_sagas_due))
    WHERE s.due_at IS NOT NULL AND s.due_at <= @now AND s.epoch >= 0
    ORDER BY s.due_at;
    SET @room = @capacity - (SELECT COUNT(*) FROM @due AS d);
    IF @room > 0
        INSERT INTO @due (saga_id)
        SELECT TOP (@room) s.saga_id
        FROM dbo.medical_insurance_sagas AS s
            WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_sagas_watched))
        INNER JOIN dbo.medical_insurance_requests AS r WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, FORCESEEK)
            ON r.request_id = s.watched_request_id
        WHERE s.watched_request_id IS NOT NULL AND s.due_at IS NULL
          AND (r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
               OR (s.status IN ('RUNNING', 'COMPENSATING') AND r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL'))
               OR (s.status = 'WAITING' AND s.direction = 'BACK' AND r.status = 'MANUAL'))
        ORDER BY s.watched_request_id
        OPTION (FORCE ORDER, LOOP JOIN);
    UPDATE s
    SET epoch = s.epoch + 1, node_id = @node_id, due_at = DATEADD(SECOND, @lease_seconds, @now)
    OUTPUT inserted.saga_id, inserted.epoch INTO @held (saga_id, epoch)
    FROM @due AS d
    INNER JOIN dbo.medical_insurance_sagas AS s ON s.saga_id = d.saga_id
    WHERE s.due_at <= @now OR (s.due_at IS NULL AND s.watched_request_id IS NOT NULL)
    OPTION (FORCE ORDER, LOOP JOIN);
    COMMIT TRANSACTION;

    SELECT s.saga_id, s.epoch, s.saga_code, s.definition_hash, d.definition, s.status, s.direction, s.input_data, s.error_code,
           s.error_message,
           ISNULL((
               SELECT t.step_order, t.step_code, t.direction, t.attempt, t.interface_code, t.request_id, r.status, p.outcome, p.infcode,
                      p.err_msg, COALESCE(t.error_message, r.error_message) AS error_message, p.response_data,
                      (SELECT TOP (1) c.decision
                       FROM dbo.medical_insurance_saga_decisions AS c
                       WHERE c.saga_id = t.saga_id AND c.step_order = t.step_order AND c.attempt = t.attempt
                       ORDER BY c.decision_id DESC) AS decision
               FROM dbo.medical_insurance_saga_steps AS t
               LEFT JOIN dbo.medical_insurance_requests AS r ON r.request_id = t.request_id
               LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = t.request_id
               WHERE t.saga_id = h.saga_id
               ORDER BY CASE t.direction WHEN 'FORWARD' THEN t.step_order ELSE 1000 - t.step_order END, t.attempt
               FOR JSON PATH, INCLUDE_NULL_VALUES), N'[]') AS steps
    FROM @held AS h
    INNER JOIN dbo.medical_insurance_sagas AS s ON s.saga_id = h.saga_id AND s.epoch = h.epoch
    INNER JOIN dbo.medical_insurance_saga_definitions AS d ON d.saga_code = s.saga_code AND d.definition_hash = s.definition_hash;
END;
