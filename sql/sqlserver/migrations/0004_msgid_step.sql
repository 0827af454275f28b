-- 0004: sites whose message numbers have fewer digits take every so manieth number only. Runs twice without harm; never edited after a
-- release.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF COL_LENGTH(N'dbo.medical_insurance_counters', N'counter_step') IS NULL
    ALTER TABLE dbo.medical_insurance_counters ADD counter_step BIGINT NOT NULL
        CONSTRAINT df_medical_insurance_counters_counter_step DEFAULT 1;
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
    (N'medical_insurance_counters', N'counter_step', N'步长：每次取号占用的连续编号数；msgid 为 1、10（毫秒）或 10000（秒）'),
    (N'medical_insurance_counters', N'counter_value', N'下一个未占用的编号；msgid 为 秒数 × 10000 + 序号');

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
