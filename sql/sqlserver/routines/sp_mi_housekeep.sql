SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Leader, once a day: forgets nodes that stopped a week ago with what they said of themselves, error lines older than half a year, sign-ins
-- of a month ago and alerts of sign-ins that nobody has tried for a day. Requests, answers and attempts stay.
-- Returns how many rows are gone (forgotten).
CREATE OR ALTER PROCEDURE dbo.sp_mi_housekeep
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;  -- READPAST is allowed in no other worth having
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @all INT;
    DECLARE @rows INT = 1;
    DECLARE @old TABLE (error_id BIGINT NOT NULL PRIMARY KEY);

    DELETE h FROM dbo.sdk_heartbeat AS h WHERE h.heartbeat_time < DATEADD(DAY, -7, SYSUTCDATETIME());
    SET @all = @@ROWCOUNT;
    DELETE c FROM dbo.medical_insurance_conditions AS c
    WHERE c.condition_type IN ('BREAKER_OPEN', 'PROFILE_REFUSED', 'RULES_REFUSED', 'SAGA_REFUSED') AND NOT EXISTS (
        SELECT 1 FROM dbo.sdk_heartbeat AS h WHERE h.node_id = c.subject);
    SET @all = @all + @@ROWCOUNT;
    DELETE s FROM dbo.medical_insurance_sign_ins AS s WHERE s.update_time < DATEADD(DAY, -30, SYSUTCDATETIME());
    SET @all = @all + @@ROWCOUNT;
    DELETE c FROM dbo.medical_insurance_conditions AS c
    WHERE c.condition_type = 'SIGN_IN_FAILED' AND c.update_time < DATEADD(DAY, -1, SYSDATETIME());
    SET @all = @all + @@ROWCOUNT;
    -- in parts, and past what others hold: more at once would lock the whole log, and HIS with it
    WHILE @rows > 0
    BEGIN
        DELETE o FROM @old AS o;
        INSERT INTO @old (error_id)
        SELECT TOP (1000) e.error_id
        FROM dbo.medical_insurance_error_log AS e WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE e.create_time < DATEADD(DAY, -180, SYSDATETIME())
        ORDER BY e.error_id;
        DELETE e
        FROM @old AS o
        INNER JOIN dbo.medical_insurance_error_log AS e ON e.error_id = o.error_id
        OPTION (FORCE ORDER, LOOP JOIN);
        SET @rows = @@ROWCOUNT;
        SET @all = @all + @rows;
    END;
    SELECT @all AS forgotten;
END;
