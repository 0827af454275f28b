SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Whoever holds a catalogue: says what is loaded from now on. Returns 1 while the epoch is current, else 0 (held): another has taken it.
--   @loaded: rows (pages) of it that are loaded already, 0 for a new one
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogue_source
    @catalogue     VARCHAR(10),
    @epoch         INT,
    @source        NVARCHAR(100),
    @source_name   NVARCHAR(200),
    @source_hash   CHAR(64),
    @source_rows   BIGINT,
    @next_version  NVARCHAR(100),
    @loaded        BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @rows INT;

    UPDATE s
    SET source = @source, source_name = @source_name, source_hash = @source_hash, source_rows = @source_rows,
        next_version = @next_version, loaded = @loaded, update_time = SYSDATETIME()
    FROM dbo.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = @catalogue AND s.epoch = @epoch;
    SET @rows = @@ROWCOUNT;
    SELECT @rows AS held;
END;
