SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: this node is alive. Returns the database's clock (database_time_ms, UTC since 1970), so that a node can see how far its own is off.
--   @status: RUNNING, STOPPING or STOPPED;  @in_flight, @completed: requests now, and since the start
CREATE OR ALTER PROCEDURE dbo.sp_mi_heartbeat
    @node_id     NVARCHAR(64),
    @host_name   NVARCHAR(64),
    @process_id  INT,
    @version     VARCHAR(20),
    @status      VARCHAR(10),
    @in_flight   INT,
    @completed   BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();

    UPDATE h
    SET host_name = @host_name, version = @version, status = @status, in_flight = @in_flight, completed = @completed,
        start_time = CASE WHEN h.process_id = @process_id AND h.status <> 'STOPPED' THEN h.start_time ELSE @now END,
        process_id = @process_id, heartbeat_time = @now
    FROM dbo.sdk_heartbeat AS h
    WHERE h.node_id = @node_id;
    IF @@ROWCOUNT = 0
        INSERT INTO dbo.sdk_heartbeat (node_id, host_name, process_id, version, status, in_flight, completed, start_time, heartbeat_time)
        SELECT @node_id, @host_name, @process_id, @version, @status, @in_flight, @completed, @now, @now
        WHERE NOT EXISTS (SELECT 1 FROM dbo.sdk_heartbeat AS h WITH (UPDLOCK, HOLDLOCK) WHERE h.node_id = @node_id);

    SELECT DATEDIFF_BIG(MILLISECOND, CONVERT(DATETIME2(3), '19700101', 112), @now) AS database_time_ms;
END;
