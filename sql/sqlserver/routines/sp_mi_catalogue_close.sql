SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Whoever holds a catalogue: says that everything up to a version is loaded. Returns 1 while the epoch is current, else 0 (held).
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogue_close
    @catalogue  VARCHAR(10),
    @epoch      INT,
    @version    NVARCHAR(100)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @rows INT;

    UPDATE s
    SET version = @version, last_hash = COALESCE(s.source_hash, s.last_hash), source = NULL, source_name = NULL, source_hash = NULL,
        source_rows = NULL, next_version = NULL, loaded = 0, message = NULL, finish_time = @local_now, update_time = @local_now
    FROM dbo.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = @catalogue AND s.epoch = @epoch;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS held;
END;
