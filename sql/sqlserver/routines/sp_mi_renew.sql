SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: keep the leases of what is still in flight. Returns the requests this node still holds; it has lost the others.
--   @lease_seconds: the lease from now on;  @items: JSON array of {request_id, epoch}
CREATE OR ALTER PROCEDURE dbo.sp_mi_renew
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
    DECLARE @batch TABLE (request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL);
    DECLARE @held TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_renew of mi-bridge: @items is not JSON.', 1;
    -- of two leases of one request only the younger can be alive
    INSERT INTO @batch (request_id, epoch)
    SELECT i.request_id, MAX(i.epoch)
    FROM OPENJSON(@items) WITH (request_id BIGINT '$.request_id', epoch INT '$.epoch') AS i
    GROUP BY i.request_id;
    UPDATE r
    SET lease_until = DATEADD(SECOND, @lease_seconds, SYSUTCDATETIME())
    OUTPUT inserted.request_id INTO @held (request_id)
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = i.request_id AND r.epoch = i.epoch
    WHERE r.status IN ('CLAIMED', 'SENDING') AND r.node_id = @node_id
    OPTION (FORCE ORDER, LOOP JOIN);

    SELECT h.request_id FROM @held AS h;
END;
