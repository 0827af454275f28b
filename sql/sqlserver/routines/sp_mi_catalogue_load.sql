SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Whoever holds a catalogue: puts a batch of items in their place, and how far the source is now, in one transaction: a batch is loaded
-- once, whatever dies. accepted is 0 when another has taken the catalogue; a batch that comes again is accepted and changes nothing.
--   @from, @to: rows (pages) loaded before and after
--   @items: JSON array of {item_key, item_code, item_name, pinyin, valid_flag, begin_date, end_date, version, row_data}; no key twice
CREATE OR ALTER PROCEDURE dbo.sp_mi_catalogue_load
    @catalogue  VARCHAR(10),
    @epoch      INT,
    @from       BIGINT,
    @to         BIGINT,
    @items      NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @loaded BIGINT;
    DECLARE @accepted INT = 0;
    DECLARE @inserted INT = 0;
    DECLARE @changed INT = 0;
    DECLARE @batch TABLE (
        item_key NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY, item_code NVARCHAR(4000) NULL, item_name NVARCHAR(4000) NULL,
        pinyin NVARCHAR(4000) NULL, valid_flag NVARCHAR(4000) NULL, begin_date DATE NULL, end_date DATE NULL, version NVARCHAR(4000) NULL,
        row_data NVARCHAR(MAX) NOT NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_catalogue_load of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (item_key, item_code, item_name, pinyin, valid_flag, begin_date, end_date, version, row_data)
    SELECT i.item_key, i.item_code, i.item_name, i.pinyin, i.valid_flag, i.begin_date, i.end_date, i.version, i.row_data
    FROM OPENJSON(@items) WITH (
        item_key    NVARCHAR(200)   '$.item_key',
        item_code   NVARCHAR(4000)  '$.item_code',
        item_name   NVARCHAR(4000)  '$.item_name',
        pinyin      NVARCHAR(4000)  '$.pinyin',
        valid_flag  NVARCHAR(4000)  '$.valid_flag',
        begin_date  DATE            '$.begin_date',
        end_date    DATE            '$.end_date',
        version     NVARCHAR(4000)  '$.version',
        row_data    NVARCHAR(MAX)   '$.row_data' AS JSON) AS i;

    BEGIN TRANSACTION;
    SELECT @loaded = s.loaded
    FROM dbo.medical_insurance_catalogue_syncs AS s WITH (UPDLOCK)
    WHERE s.catalogue = @catalogue AND s.epoch = @epoch;
    IF @loaded IN (@from, @to)
        SET @accepted = 1;
    IF @accepted = 1 AND @loaded <> @to
    BEGIN
        UPDATE c
        SET item_code = LEFT(b.item_code, 100), item_name = LEFT(b.item_name, 500), pinyin = LEFT(b.pinyin, 200),
            valid_flag = LEFT(b.valid_flag, 10), begin_date = b.begin_date, end_date = b.end_date, version = LEFT(b.version, 100),
            row_data = b.row_data, update_time = @local_now
        FROM @batch AS b
        INNER JOIN dbo.medical_insurance_catalogue_items AS c ON c.catalogue = @catalogue AND c.item_key = b.item_key
        WHERE c.row_data COLLATE Latin1_General_BIN2 <> b.row_data COLLATE Latin1_General_BIN2;
        SET @changed = @@ROWCOUNT;
        INSERT INTO dbo.medical_insurance_catalogue_items (
            catalogue, item_key, item_code, item_name, pinyin, valid_flag, begin_date, end_date, version, row_data, create_time, update_time)
        SELECT @catalogue, b.item_key, LEFT(b.item_code, 100), LEFT(b.item_name, 500), LEFT(b.pinyin, 200), LEFT(b.valid_flag, 10),
            b.begin_date, b.end_date, LEFT(b.version, 100), b.row_data, @local_now, @local_now
        FROM @batch AS b
        WHERE NOT EXISTS (
            SELECT 1 FROM dbo.medical_insurance_catalogue_items AS c WHERE c.catalogue = @catalogue AND c.item_key = b.item_key);
        SET @inserted = @@ROWCOUNT;
        UPDATE s
        SET loaded = @to, item_count = s.item_count + @inserted, update_time = @local_now
        FROM dbo.medical_insurance_catalogue_syncs AS s
        WHERE s.catalogue = @catalogue AND s.epoch = @epoch;
    END;
    COMMIT TRANSACTION;
    SELECT @accepted AS accepted, @inserted AS inserted, @changed AS changed;
END;
