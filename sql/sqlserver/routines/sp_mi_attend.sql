SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: this connection belongs to the node. While one such connection lives the node lives; when the last is gone, so is the node,
-- and the others know it within a second or two. The lease stays the truth. Returns 1 (attending).
-- The lock is the session's: it ends with the connection, and with its reset when a pool gives it to somebody else. The bridge pools none.
CREATE OR ALTER PROCEDURE dbo.sp_mi_attend
    @node_id  NVARCHAR(64)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @resource NVARCHAR(255) = N'mi_bridge_node:' + RTRIM(@node_id);
    DECLARE @lock INT;

    EXEC @lock = sys.sp_getapplock @Resource = @resource, @LockMode = 'Shared', @LockOwner = 'Session', @LockTimeout = 10000;
    IF @lock < 0
        THROW 51911, N'The node lock of mi-bridge was not granted within 10 s, a lock timeout (1222): another node is burying this one.', 1;
    SELECT 1 AS attending;
END;
