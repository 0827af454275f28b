SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: ends a divided request with the one answer that was made of its parts', under its epoch.
-- The rules are kept here whatever the bridge thinks: every part has ended; success means that every part succeeded; and what is said to
-- have had no effect has none in any part.
--   @item: {status, outcome, infcode, err_msg, error_code, error_message, response_data}.
--     status: COMPLETED, ERROR, TIMEOUT, CANCELLED or REVERSED; a COMPLETED one's outcome is OK, REFUSED, SUSPICIOUS or PARTIAL.
-- Returns 1 (joined), or 0 when it ended before or the answer is not true.
CREATE OR ALTER PROCEDURE dbo.sp_mi_join
    @request_id  BIGINT,
    @epoch       INT,
    @item        NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @next VARCHAR(10);
    DECLARE @outcome VARCHAR(16);
    DECLARE @infcode NVARCHAR(MAX);
    DECLARE @err_msg NVARCHAR(MAX);
    DECLARE @error_code INT;
    DECLARE @error_message NVARCHAR(MAX);
    DECLARE @response_data NVARCHAR(MAX);
    DECLARE @held BIGINT;
    DECLARE @made INT;
    DECLARE @ended INT;
    DECLARE @answered INT;
    DECLARE @succeeded INT;
    DECLARE @refused INT;
    DECLARE @alike INT;
    DECLARE @joined INT = 0;

    IF COALESCE(ISJSON(@item), 0) = 0
        THROW 51902, N'sp_mi_join of mi-bridge: @item is not JSON.', 1;
    SELECT @next = i.status, @outcome = i.outcome, @infcode = i.infcode, @err_msg = i.err_msg, @error_code = i.error_code,
           @error_message = i.error_message, @response_data = i.response_data
    FROM OPENJSON(@item) WITH (
        status         VARCHAR(10)    '$.status',
        outcome        VARCHAR(16)    '$.outcome',
        infcode        NVARCHAR(MAX)  '$.infcode',
        err_msg        NVARCHAR(MAX)  '$.err_msg',
        error_code     INT            '$.error_code',
        error_message  NVARCHAR(MAX)  '$.error_message',
        response_data  NVARCHAR(MAX)  '$.response_data') AS i;

    BEGIN TRANSACTION;
    SELECT @held = r.request_id
    FROM dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
    WHERE r.request_id = @request_id AND r.epoch = @epoch AND r.status = 'DIVIDED';
    SELECT @made = COUNT(*),
           @ended = SUM(CASE WHEN c.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED') THEN 1 ELSE 0 END),
           @answered = SUM(CASE WHEN c.status = 'COMPLETED' THEN 1 ELSE 0 END),
           @succeeded = SUM(CASE WHEN c.status = 'COMPLETED' AND p.outcome = 'OK' THEN 1 ELSE 0 END),
           @refused = SUM(CASE WHEN c.status = 'COMPLETED' AND p.outcome = 'REFUSED' THEN 1 ELSE 0 END),
           @alike = SUM(CASE WHEN c.status = @next THEN 1 ELSE 0 END)
    FROM dbo.medical_insurance_requests AS c
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = c.request_id
    WHERE c.parent_id = @request_id;
    -- what is not known to be true is not
    IF @held IS NOT NULL AND @made > 0 AND @ended = @made
       AND ((@next = 'COMPLETED' AND @outcome = 'OK' AND @succeeded = @made)
            OR (@next = 'COMPLETED' AND @outcome = 'REFUSED' AND @answered = @refused AND @refused > 0)
            OR (@next = 'COMPLETED' AND @outcome IN ('SUSPICIOUS', 'PARTIAL') AND @answered > @refused AND @succeeded < @made)
            OR (@next IN ('TIMEOUT', 'CANCELLED', 'REVERSED') AND @alike = @made)
            OR (@next = 'ERROR' AND @answered = 0))
    BEGIN
        UPDATE r
        SET status = @next, update_time = @local_now, error_code = @error_code, error_message = LEFT(@error_message, 500)
        FROM dbo.medical_insurance_requests AS r
        WHERE r.request_id = @request_id AND r.epoch = @epoch AND r.status = 'DIVIDED';
        SET @joined = @@ROWCOUNT;
        IF @joined = 1 AND @response_data IS NOT NULL
            INSERT INTO dbo.medical_insurance_responses (request_id, response_data, infcode, err_msg, outcome, create_time)
            VALUES (@request_id, @response_data, LEFT(@infcode, 10), @err_msg, @outcome, @local_now);
    END;
    COMMIT TRANSACTION;

    SELECT @joined AS joined;
END;
