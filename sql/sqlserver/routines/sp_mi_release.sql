SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: give back requests of which nothing was sent. Costs no attempt. Returns how many went back (released).
--   @items: JSON array of {request_id, epoch}
CREATE OR ALTER PROCEDURE dbo.sp_mi_release
    @node_id  NVARCHAR(64),
    @items    NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @released INT;
    DECLARE @batch TABLE (request_id BIGINT NOT NULL PRIMARY KEY, epoch INT NOT NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_release of mi-bridge: @items is not JSON.', 1;
    -- of two leases of one request only the younger can be alive
    INSERT INTO @batch (request_id, epoch)
    SELECT i.request_id, MAX(i.epoch)
    FROM OPENJSON(@items) WITH (request_id BIGINT '$.request_id', epoch INT '$.epoch') AS i
    GROUP BY i.request_id;
    UPDATE r
    SET status = 'PENDING', node_id = NULL, lease_until = NULL, update_time = SYSDATETIME()
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_requests AS r ON r.request_id = i.request_id AND r.epoch = i.epoch
    WHERE r.status = 'CLAIMED' AND r.node_id = @node_id
    OPTION (FORCE ORDER, LOOP JOIN);
    SET @released = @@ROWCOUNT;
    SELECT @released AS released;
END;
