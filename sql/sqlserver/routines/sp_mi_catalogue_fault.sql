SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Whoever holds a catalogue: says why it could not be synchronised. Returns 1 while the epoch is current, else 0 (held).
--   @forget: 1 gives the source up (the file is faulty), so that the next try asks the platform again
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogue_fault
    @catalogue  VARCHAR(10),
    @epoch      INT,
    @message    NVARCHAR(4000),
    @forget     INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    UPDATE s
    SET message = LEFT(@message, 500), update_time = SYSDATETIME(),
        source = CASE WHEN @forget = 1 THEN NULL ELSE s.source END,
        source_hash = CASE WHEN @forget = 1 THEN NULL ELSE s.source_hash END,
        loaded = CASE WHEN @forget = 1 THEN 0 ELSE s.loaded END
    FROM dbo.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = @catalogue AND s.epoch = @epoch;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS held;
END;
