SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: gives a leased saga back unchanged, to be taken up again after a delay; 0 lets it wait for its step as before.
-- Returns how many were given back (released).
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_release
    @node_id   NVARCHAR(64),
    @saga_id   BIGINT,
    @epoch     INT,
    @delay_ms  INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @released INT;

    UPDATE s
    SET due_at = CASE WHEN @delay_ms > 0 OR s.watched_request_id IS NULL
                      THEN DATEADD(MILLISECOND, @delay_ms, SYSUTCDATETIME()) END
    FROM dbo.medical_insurance_sagas AS s
    WHERE s.saga_id = @saga_id AND s.epoch = @epoch AND s.node_id = @node_id AND s.due_at IS NOT NULL;
    SET @released = @@ROWCOUNT;
    SELECT @released AS released;
END;
