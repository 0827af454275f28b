SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Resolver: leases requests whose resolution is due. Each comes with the first of two message numbers for its next step, the msgid of the
-- original send with its time (original_ms, UTC since 1970), and how many milliseconds of the quiet period are left ("no such
-- original" is believed at 0 only). A request that was ever reversed is told as REVERSING, also after a person's RETRY: an inquiry
-- can no longer decide it.
--   @capacity: most requests, from 1;  @lease_seconds: how long they are this node's
CREATE OR ALTER PROCEDURE dbo.sp_mi_claim_uncertain
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
    DECLARE @epoch_start DATETIME2(3) = CONVERT(DATETIME2(3), '19700101', 112);
    DECLARE @offset INT = DATEPART(TZOFFSET, SYSDATETIMEOFFSET());
    DECLARE @count INT;
    DECLARE @first BIGINT = 0;
    DECLARE @step BIGINT = 1;
    DECLARE @due TABLE (request_id BIGINT NOT NULL PRIMARY KEY, place BIGINT NOT NULL);
    DECLARE @held TABLE (request_id BIGINT NOT NULL PRIMARY KEY, resolve_epoch INT NOT NULL, status VARCHAR(10) NOT NULL);

    BEGIN TRANSACTION;
    INSERT INTO @due (request_id, place)
    SELECT c.request_id, ROW_NUMBER() OVER (ORDER BY c.resolve_at, c.request_id)
    FROM (
        SELECT TOP (@capacity) r.request_id, r.resolve_at
        FROM dbo.medical_insurance_requests AS r
            WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_resolve))
        WHERE r.status IN ('UNCERTAIN', 'REVERSING') AND r.resolve_at <= @now
          AND (r.lease_until IS NULL OR r.lease_until < @now)
        ORDER BY r.resolve_at
    ) AS c;
    SET @count = (SELECT COUNT(*) FROM @due AS d);
    IF @count > 0
    BEGIN
        -- two numbers each: an inquiry may be followed by a reversal at once
        SET @count = @count * 2;
        EXEC dbo.sp_mi_take_msgids @count = @count, @first = @first OUTPUT;
        SET @step = (SELECT c.counter_step FROM dbo.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');
        UPDATE r
        SET resolve_epoch = r.resolve_epoch + 1, node_id = @node_id, lease_until = DATEADD(SECOND, @lease_seconds, @now)
        OUTPUT inserted.request_id, inserted.resolve_epoch, inserted.status INTO @held (request_id, resolve_epoch, status)
        FROM @due AS d
        INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = d.request_id
        WHERE r.status IN ('UNCERTAIN', 'REVERSING')
        OPTION (FORCE ORDER, LOOP JOIN);
    END;
    COMMIT TRANSACTION;

    SELECT r.request_id, r.epoch, h.resolve_epoch, r.interface_code, r.org_code, r.input_data, r.money_class,
           CASE WHEN EXISTS (
                   SELECT 1 FROM dbo.medical_insurance_attempts AS v WHERE v.request_id = h.request_id AND v.kind = 'reversal')
               THEN 'REVERSING' ELSE h.status END AS status,
           r.resolve_tries,
           CONVERT(INT, CASE WHEN r.quiet_until > @now THEN DATEDIFF_BIG(MILLISECOND, @now, r.quiet_until) ELSE 0 END) AS quiet_ms,
           COALESCE(i.reversed_by, '') AS reversed_by, a.msgid AS original_msgid,
           DATEDIFF_BIG(MILLISECOND, @epoch_start, DATEADD(MINUTE, -@offset, a.create_time)) AS original_ms,
           r.insuplc_admdvs, r.opter, r.opter_name, r.opter_type,
           @first + (d.place - 1) * 2 * @step AS msgid_number
    FROM @held AS h
    INNER JOIN @due AS d ON d.request_id = h.request_id
    INNER JOIN dbo.medical_insurance_requests AS r WITH (FORCESEEK) ON r.request_id = h.request_id AND r.resolve_epoch = h.resolve_epoch
    LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
    LEFT JOIN dbo.medical_insurance_attempts AS a
        ON a.request_id = r.request_id AND a.epoch = r.epoch AND a.kind = 'original'
    ORDER BY d.place;
END;
