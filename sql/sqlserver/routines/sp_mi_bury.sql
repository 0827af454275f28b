SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Any node: ends the leases of nodes that have no connection left, on sends and on steps of a resolution.
--   @node_id: the caller, which lives;  @buried: how many requests they held
CREATE OR ALTER PROCEDURE dbo.sp_mi_bury
    @node_id  NVARCHAR(64),
    @buried   INT = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @over DATETIME2(3) = DATEADD(MILLISECOND, -1, @now);
    DECLARE @place INT = 1;
    DECLARE @last INT;
    DECLARE @other NVARCHAR(64);
    DECLARE @resource NVARCHAR(255);
    DECLARE @lock INT;
    -- names compare as the locks do: byte by byte in every collation
    DECLARE @nodes TABLE (
        place INT IDENTITY(1, 1) NOT NULL PRIMARY KEY, node_id NVARCHAR(64) COLLATE Latin1_General_BIN2 NOT NULL);
    DECLARE @sends TABLE (request_id BIGINT NOT NULL PRIMARY KEY);
    DECLARE @steps TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    SET @buried = 0;
    -- rows that somebody works on are passed by: a dead node's are not among them
    INSERT INTO @nodes (node_id)
    SELECT n.node_id
    FROM (
        SELECT r.node_id COLLATE Latin1_General_BIN2 AS node_id
        FROM dbo.medical_insurance_requests AS r
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_lease))
        WHERE r.status IN ('CLAIMED', 'SENDING') AND r.lease_until >= @now
        UNION
        SELECT u.node_id COLLATE Latin1_General_BIN2 AS node_id
        FROM dbo.medical_insurance_requests AS u
            WITH (READPAST, READCOMMITTEDLOCK, ROWLOCK, INDEX (ix_medical_insurance_requests_resolve))
        WHERE u.status IN ('UNCERTAIN', 'REVERSING') AND u.lease_until >= @now
    ) AS n
    WHERE n.node_id <> @node_id;
    SET @last = (SELECT COUNT(*) FROM @nodes AS n);

    WHILE @place <= @last
    BEGIN
        SELECT @other = n.node_id FROM @nodes AS n WHERE n.place = @place;
        SET @resource = N'mi_bridge_node:' + RTRIM(@other);
        BEGIN TRANSACTION;
        -- whoever attends for the node holds this lock, shared: granted, it proves that nobody does
        EXEC @lock = sys.sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0;
        IF @lock >= 0
        BEGIN
            DELETE s FROM @sends AS s;
            INSERT INTO @sends (request_id)
            SELECT TOP (5000) l.request_id
            FROM dbo.medical_insurance_requests AS l
                WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_lease))
            WHERE l.status IN ('CLAIMED', 'SENDING') AND l.lease_until >= @now
              AND l.node_id COLLATE Latin1_General_BIN2 = @other
            ORDER BY l.request_id;
            UPDATE r
            SET lease_until = @over
            FROM @sends AS k
            INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = k.request_id
            WHERE r.status IN ('CLAIMED', 'SENDING') AND r.node_id COLLATE Latin1_General_BIN2 = @other
            OPTION (FORCE ORDER, LOOP JOIN);
            SET @buried = @buried + @@ROWCOUNT;
            -- a resolution's step: its fence is the next resolver's epoch
            DELETE s FROM @steps AS s;
            INSERT INTO @steps (request_id)
            SELECT TOP (5000) l.request_id
            FROM dbo.medical_insurance_requests AS l
                WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK, INDEX (ix_medical_insurance_requests_resolve))
            WHERE l.status IN ('UNCERTAIN', 'REVERSING') AND l.lease_until >= @now
              AND l.node_id COLLATE Latin1_General_BIN2 = @other
            ORDER BY l.request_id;
            UPDATE r
            SET lease_until = @over
            FROM @steps AS k
            INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = k.request_id
            WHERE r.status IN ('UNCERTAIN', 'REVERSING') AND r.node_id COLLATE Latin1_General_BIN2 = @other
            OPTION (FORCE ORDER, LOOP JOIN);
            SET @buried = @buried + @@ROWCOUNT;
        END;
        COMMIT TRANSACTION;
        SET @place = @place + 1;
    END;
END;
