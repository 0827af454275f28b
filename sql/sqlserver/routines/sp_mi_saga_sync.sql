SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: brings the definitions of sagas up to date, all in one transaction. Versions are only ever added: a saga keeps the one it
-- began with. Returns how many definitions changed their active version (changed).
--   @items: JSON array of {saga_code, saga_name, definition_hash, definition}; without a definition the code's active version stays
--     (its file is refused). A code that is not listed takes no new sagas.
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_sync
    @items  NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @lock INT;
    DECLARE @rows INT;
    DECLARE @more INT;
    DECLARE @batch TABLE (
        item_no INT IDENTITY(1, 1) NOT NULL PRIMARY KEY, saga_code VARCHAR(32) NOT NULL, saga_name NVARCHAR(100) NULL,
        definition_hash CHAR(64) NULL, definition NVARCHAR(MAX) NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_saga_sync of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (saga_code, saga_name, definition_hash, definition)
    SELECT i.saga_code, i.saga_name, i.definition_hash, i.definition
    FROM OPENJSON(@items) WITH (
        saga_code        VARCHAR(32)    '$.saga_code',
        saga_name        NVARCHAR(100)  '$.saga_name',
        definition_hash  CHAR(64)       '$.definition_hash',
        definition       NVARCHAR(MAX)  '$.definition') AS i;

    BEGIN TRANSACTION;
    -- one node at a time: two that start together must not both make a version active
    EXEC @lock = sys.sp_getapplock @Resource = N'mi_bridge_saga_sync', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
        @LockTimeout = 10000;
    IF @lock < 0
    BEGIN
        ROLLBACK TRANSACTION;
        THROW 51912, N'The saga definitions'' lock of mi-bridge was not granted within 10 s, a lock timeout (1222): another node hangs.', 1;
    END;
    INSERT INTO dbo.medical_insurance_saga_definitions (
        saga_code, definition_hash, saga_name, definition, active, create_time, update_time)
    SELECT i.saga_code, i.definition_hash, i.saga_name, i.definition, 0, @local_now, @local_now
    FROM @batch AS i
    WHERE i.definition IS NOT NULL
      AND NOT EXISTS (
          SELECT 1 FROM dbo.medical_insurance_saga_definitions AS d
          WHERE d.saga_code = i.saga_code AND d.definition_hash = i.definition_hash);
    UPDATE d
    SET active = 0, update_time = @local_now
    FROM dbo.medical_insurance_saga_definitions AS d
    WHERE d.active = 1
      AND NOT EXISTS (
          SELECT 1 FROM @batch AS i
          WHERE i.saga_code = d.saga_code AND (i.definition IS NULL OR i.definition_hash = d.definition_hash));
    SET @rows = @@ROWCOUNT;
    UPDATE d
    SET active = 1, update_time = @local_now
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_saga_definitions AS d ON d.saga_code = i.saga_code AND d.definition_hash = i.definition_hash
    WHERE i.definition IS NOT NULL AND d.active = 0;
    SET @more = @@ROWCOUNT;
    COMMIT TRANSACTION;

    SELECT CASE WHEN @more > @rows THEN @more ELSE @rows END AS changed;
END;
