SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Whoever synchronises a catalogue: takes it, with a new epoch that shuts out whoever held it before, and learns how far it is.
--   @first_version: where a catalogue begins that was never loaded, or is loaded anew;  @full: 1 loads it anew, items stay meanwhile
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogue_open
    @catalogue      VARCHAR(10),
    @node_id        NVARCHAR(64),
    @first_version  NVARCHAR(100),
    @full           INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @held TABLE (
        epoch INT NOT NULL, version NVARCHAR(100) NOT NULL, source NVARCHAR(100) NULL, source_name NVARCHAR(200) NULL,
        source_hash CHAR(64) NULL, source_rows BIGINT NULL, next_version NVARCHAR(100) NULL, loaded BIGINT NOT NULL,
        last_hash CHAR(64) NULL, item_count BIGINT NOT NULL);

    BEGIN TRANSACTION;
    INSERT INTO dbo.medical_insurance_catalogue_syncs (catalogue, version, update_time)
    SELECT @catalogue, @first_version, @local_now
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_catalogue_syncs AS s WITH (UPDLOCK, HOLDLOCK) WHERE s.catalogue = @catalogue);
    UPDATE s
    SET epoch = s.epoch + 1, node_id = @node_id, begin_time = @local_now, update_time = @local_now,
        version = CASE WHEN @full = 1 THEN @first_version ELSE s.version END,
        source = CASE WHEN @full = 1 THEN NULL ELSE s.source END,
        source_hash = CASE WHEN @full = 1 THEN NULL ELSE s.source_hash END,
        loaded = CASE WHEN @full = 1 THEN 0 ELSE s.loaded END,
        last_hash = CASE WHEN @full = 1 THEN NULL ELSE s.last_hash END
    FROM dbo.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = @catalogue;
    -- before the commit: whoever opens it next must not lend us its epoch
    INSERT INTO @held (epoch, version, source, source_name, source_hash, source_rows, next_version, loaded, last_hash, item_count)
    SELECT s.epoch, s.version, s.source, s.source_name, s.source_hash, s.source_rows, s.next_version, s.loaded, s.last_hash, s.item_count
    FROM dbo.medical_insurance_catalogue_syncs AS s
    WHERE s.catalogue = @catalogue;
    COMMIT TRANSACTION;
    SELECT h.epoch, h.version, h.source, h.source_name, h.source_hash, h.source_rows, h.next_version, h.loaded, h.last_hash, h.item_count
    FROM @held AS h;
END;
