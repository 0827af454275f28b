-- 0007: what large requests that are sent in parts need. Runs twice without harm; never edited after a release.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'parent_id') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD parent_id BIGINT NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'part_no') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD part_no INT NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'first_row') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD first_row INT NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'row_count') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD row_count INT NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'stop_on_refusal') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD stop_on_refusal SMALLINT NULL;
GO

-- Made once, as the indexes of 0001, and in one transaction: an upgrade of a live database must never be without the check of the status
-- and the index that keeps the order. What the old check let pass the new one does, so no row is read again.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0007_parts' AND s.object_type = 'MIGRATION')
BEGIN
    BEGIN TRANSACTION;
    IF OBJECT_ID(N'dbo.ck_medical_insurance_requests_status', N'C') IS NOT NULL
        ALTER TABLE dbo.medical_insurance_requests DROP CONSTRAINT ck_medical_insurance_requests_status;
    -- Babelfish refuses a batch with WITH NOCHECK in it, and has to look at the rows: so this is a text
    DECLARE @check NVARCHAR(1000) = N'ALTER TABLE dbo.medical_insurance_requests '
        + CASE WHEN SERVERPROPERTY('Babelfish') IS NULL THEN N'WITH NOCHECK ' ELSE N'' END
        + N'ADD CONSTRAINT ck_medical_insurance_requests_status CHECK (status IN (
        ''PENDING'', ''CLAIMED'', ''SENDING'', ''DIVIDED'', ''COMPLETED'', ''ERROR'', ''TIMEOUT'', ''CANCELLED'', ''UNCERTAIN'', ''REVERSING'',
        ''REVERSED'', ''MANUAL''));';
    EXEC (@check);

    -- One live request per key; one that was divided keeps its key until its last part has ended. Its parts have a key of their own.
    DROP INDEX IF EXISTS ux_medical_insurance_requests_live ON dbo.medical_insurance_requests;
    CREATE UNIQUE INDEX ux_medical_insurance_requests_live
        ON dbo.medical_insurance_requests (order_key)
        WHERE order_key IS NOT NULL AND status IN ('CLAIMED', 'SENDING', 'DIVIDED', 'UNCERTAIN', 'REVERSING', 'MANUAL');

    -- The parts of one request, each number once: a request cannot be divided twice.
    DROP INDEX IF EXISTS ux_medical_insurance_requests_part ON dbo.medical_insurance_requests;
    CREATE UNIQUE INDEX ux_medical_insurance_requests_part
        ON dbo.medical_insurance_requests (parent_id, part_no) WHERE parent_id IS NOT NULL;

    -- The rescue finds what was divided and whose parts have ended; holds only what is divided now.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_divided ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_divided
        ON dbo.medical_insurance_requests (request_id) WHERE status = 'DIVIDED';
    COMMIT TRANSACTION;
END;
GO

-- Comments are for people: a database that cannot hold one works without it.
SET XACT_ABORT OFF;
DECLARE @comments TABLE (
    place         INT            IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    table_name    NVARCHAR(128)  NOT NULL,
    column_name   NVARCHAR(128)  NULL,
    comment_text  NVARCHAR(500)  NOT NULL
);
INSERT INTO @comments (table_name, column_name, comment_text)
VALUES
    (N'medical_insurance_requests', N'parent_id', N'分批：所属请求的编号，空表示不是某请求的一批'),
    (N'medical_insurance_requests', N'part_no', N'分批：第几批，从 1 起'),
    (N'medical_insurance_requests', N'first_row', N'分批：本批首行在原请求中的行号，从 1 起'),
    (N'medical_insurance_requests', N'row_count', N'分批：本批行数'),
    (N'medical_insurance_requests', N'stop_on_refusal', N'分批：1 表示前面有一批未成功时本批不再发送');

DECLARE @place INT = 1;
DECLARE @last INT = (SELECT MAX(c.place) FROM @comments AS c);
DECLARE @skipped INT = 0;
DECLARE @table_name NVARCHAR(128);
DECLARE @column_name NVARCHAR(128);
DECLARE @column_id INT;
DECLARE @level2type VARCHAR(128);
DECLARE @comment_text NVARCHAR(500);
WHILE @place <= @last
BEGIN
    SELECT @table_name = c.table_name, @column_name = c.column_name, @comment_text = c.comment_text,
           @level2type = CASE WHEN c.column_name IS NULL THEN NULL ELSE 'COLUMN' END
    FROM @comments AS c
    WHERE c.place = @place;
    SET @column_id = COALESCE((
        SELECT k.column_id FROM sys.columns AS k
        WHERE k.object_id = OBJECT_ID(N'dbo.' + @table_name) AND k.name = @column_name), 0);
    BEGIN TRY
        IF EXISTS (
            SELECT 1 FROM sys.extended_properties AS p
            WHERE p.class = 1 AND p.major_id = OBJECT_ID(N'dbo.' + @table_name) AND p.minor_id = @column_id
              AND p.name = N'MS_Description')
            EXEC sys.sp_updateextendedproperty @name = N'MS_Description', @value = @comment_text, @level0type = 'SCHEMA',
                @level0name = N'dbo', @level1type = 'TABLE', @level1name = @table_name, @level2type = @level2type,
                @level2name = @column_name;
        ELSE
            EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = @comment_text, @level0type = 'SCHEMA',
                @level0name = N'dbo', @level1type = 'TABLE', @level1name = @table_name, @level2type = @level2type,
                @level2name = @column_name;
    END TRY
    BEGIN CATCH
        SET @skipped = @skipped + 1;
    END CATCH;
    SET @place = @place + 1;
END;
IF @skipped > 0
    PRINT N'Comments that could not be stored: ' + CONVERT(NVARCHAR(11), @skipped);
SET XACT_ABORT ON;
