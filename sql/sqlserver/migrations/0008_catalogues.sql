-- 0008: what the daily jobs and the insurer's catalogues need. Runs twice without harm; never edited after a release.
-- One table for all catalogues, not one for each: HIS joins by code whatever the kind, a column more in a province's layout is no migration,
-- and the four dozen layouts of two dialects would be seven hundred columns to keep alike. What all kinds have is typed and indexed;
-- the whole row stays beside it as JSON, and views bring its columns out.
-- Local, as people read them: every time.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF OBJECT_ID(N'dbo.medical_insurance_job_runs', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_job_runs (
    run_id       BIGINT         IDENTITY(1, 1) NOT NULL,
    job_name     VARCHAR(64)    NOT NULL,
    job_date     DATE           NOT NULL,
    node_id      NVARCHAR(64)   NOT NULL,
    outcome      VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_job_runs_outcome DEFAULT 'RUNNING',
    message      NVARCHAR(500)  NULL,
    start_time   DATETIME2(3)   NOT NULL,
    finish_time  DATETIME2(3)   NULL,
    CONSTRAINT pk_medical_insurance_job_runs PRIMARY KEY (run_id),
    CONSTRAINT ck_medical_insurance_job_runs_outcome CHECK (outcome IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'STOPPED'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_catalogue_syncs', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_catalogue_syncs (
    catalogue     VARCHAR(10)    NOT NULL,
    version       NVARCHAR(100)  NOT NULL,
    epoch         INT            NOT NULL CONSTRAINT df_medical_insurance_catalogue_syncs_epoch DEFAULT 0,
    node_id       NVARCHAR(64)   NULL,
    source        NVARCHAR(100)  NULL,
    source_name   NVARCHAR(200)  NULL,
    source_hash   CHAR(64)       NULL,
    source_rows   BIGINT         NULL,
    next_version  NVARCHAR(100)  NULL,
    loaded        BIGINT         NOT NULL CONSTRAINT df_medical_insurance_catalogue_syncs_loaded DEFAULT 0,
    last_hash     CHAR(64)       NULL,
    item_count    BIGINT         NOT NULL CONSTRAINT df_medical_insurance_catalogue_syncs_item_count DEFAULT 0,
    message       NVARCHAR(500)  NULL,
    begin_time    DATETIME2(3)   NULL,
    finish_time   DATETIME2(3)   NULL,
    update_time   DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_catalogue_syncs PRIMARY KEY (catalogue)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_catalogue_items', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_catalogue_items (
    catalogue    VARCHAR(10)    NOT NULL,
    item_key     NVARCHAR(200)   COLLATE Latin1_General_BIN2 NOT NULL,
    item_code    NVARCHAR(100)  NULL,
    item_name    NVARCHAR(500)  NULL,
    pinyin       NVARCHAR(200)  NULL,
    valid_flag   NVARCHAR(10)   NULL,
    begin_date   DATE           NULL,
    end_date     DATE           NULL,
    version      NVARCHAR(100)  NULL,
    row_data     NVARCHAR(MAX)  NOT NULL,
    create_time  DATETIME2(3)   NOT NULL,
    update_time  DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_catalogue_items PRIMARY KEY (catalogue, item_key)
);
GO

-- Indexes are made once, as in 0001: before this migration is registered as done, each is dropped and made again.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0008_catalogues' AND s.object_type = 'MIGRATION')
BEGIN
    -- A job runs once at a time, whatever a node believes.
    DROP INDEX IF EXISTS ux_medical_insurance_job_runs_running ON dbo.medical_insurance_job_runs;
    CREATE UNIQUE INDEX ux_medical_insurance_job_runs_running
        ON dbo.medical_insurance_job_runs (job_name) WHERE outcome = 'RUNNING';

    -- A restarted node finds here that nothing is left to do today.
    DROP INDEX IF EXISTS ix_medical_insurance_job_runs_succeeded ON dbo.medical_insurance_job_runs;
    CREATE INDEX ix_medical_insurance_job_runs_succeeded
        ON dbo.medical_insurance_job_runs (job_name, job_date) WHERE outcome = 'SUCCEEDED';

    -- The last run of a job, for the view and for the wait after a failure.
    DROP INDEX IF EXISTS ix_medical_insurance_job_runs_job ON dbo.medical_insurance_job_runs;
    CREATE INDEX ix_medical_insurance_job_runs_job
        ON dbo.medical_insurance_job_runs (job_name, run_id);

    -- HIS joins its own items by their code, whether it knows the catalogue or not.
    DROP INDEX IF EXISTS ix_medical_insurance_catalogue_items_code ON dbo.medical_insurance_catalogue_items;
    CREATE INDEX ix_medical_insurance_catalogue_items_code
        ON dbo.medical_insurance_catalogue_items (item_code, catalogue);
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
    (N'medical_insurance_job_runs', NULL, N'定时任务的每次运行（只追加）'),
    (N'medical_insurance_job_runs', N'run_id', N'运行编号'),
    (N'medical_insurance_job_runs', N'job_name', N'任务名称'),
    (N'medical_insurance_job_runs', N'job_date', N'属于哪一天（当地日期）；每天只成功一次'),
    (N'medical_insurance_job_runs', N'node_id', N'运行的节点'),
    (N'medical_insurance_job_runs', N'outcome', N'结果：RUNNING 运行中，SUCCEEDED 成功，FAILED 失败（当天稍后重试），STOPPED 中断（由其他节点或重启后接续）'),
    (N'medical_insurance_job_runs', N'message', N'摘要或失败原因'),
    (N'medical_insurance_job_runs', N'start_time', N'开始时间'),
    (N'medical_insurance_job_runs', N'finish_time', N'结束时间'),
    (N'medical_insurance_catalogue_syncs', NULL, N'医保目录的同步进度：每种目录一条'),
    (N'medical_insurance_catalogue_syncs', N'catalogue', N'目录的交易编号，如 1301'),
    (N'medical_insurance_catalogue_syncs', N'version', N'已完整载入的最大版本号；分页查询的目录为已取到的最大更新时间'),
    (N'medical_insurance_catalogue_syncs', N'epoch', N'领取代次，旧代次的写入无效'),
    (N'medical_insurance_catalogue_syncs', N'node_id', N'最近同步的节点'),
    (N'medical_insurance_catalogue_syncs', N'source', N'正在载入的文件查询号或查询起点；空表示没有未完成的载入'),
    (N'medical_insurance_catalogue_syncs', N'source_name', N'正在载入的文件名'),
    (N'medical_insurance_catalogue_syncs', N'source_hash', N'正在载入的文件的 SHA-256'),
    (N'medical_insurance_catalogue_syncs', N'source_rows', N'正在载入的文件的行数'),
    (N'medical_insurance_catalogue_syncs', N'next_version', N'载入完成后的版本号'),
    (N'medical_insurance_catalogue_syncs', N'loaded', N'已载入的行数；分页查询的目录为已载入的页数'),
    (N'medical_insurance_catalogue_syncs', N'last_hash', N'最近完整载入的文件的 SHA-256，再次收到时不重复载入'),
    (N'medical_insurance_catalogue_syncs', N'item_count', N'目录中的条数'),
    (N'medical_insurance_catalogue_syncs', N'message', N'最近一次失败的原因；空表示正常'),
    (N'medical_insurance_catalogue_syncs', N'begin_time', N'最近一次开始同步的时间'),
    (N'medical_insurance_catalogue_syncs', N'finish_time', N'最近一次同步完成的时间'),
    (N'medical_insurance_catalogue_syncs', N'update_time', N'最近写入时间'),
    (N'medical_insurance_catalogue_items', NULL, N'医保目录（1301 至 1319 等下载的内容），各种目录在一张表中'),
    (N'medical_insurance_catalogue_items', N'catalogue', N'目录的交易编号，如 1301'),
    (N'medical_insurance_catalogue_items', N'item_key', N'目录内的唯一键，一般为唯一记录号'),
    (N'medical_insurance_catalogue_items', N'item_code', N'目录编码，如医疗目录编码、诊断代码'),
    (N'medical_insurance_catalogue_items', N'item_name', N'目录名称'),
    (N'medical_insurance_catalogue_items', N'pinyin', N'拼音助记码'),
    (N'medical_insurance_catalogue_items', N'valid_flag', N'有效标志，按平台下发的原值：一般 1 有效，0 无效'),
    (N'medical_insurance_catalogue_items', N'begin_date', N'开始日期'),
    (N'medical_insurance_catalogue_items', N'end_date', N'结束日期'),
    (N'medical_insurance_catalogue_items', N'version', N'版本号'),
    (N'medical_insurance_catalogue_items', N'row_data', N'平台下发的整行（JSON），键为规范中的列名；平台下发 null 的列没有键，空文字保留'),
    (N'medical_insurance_catalogue_items', N'create_time', N'首次载入时间'),
    (N'medical_insurance_catalogue_items', N'update_time', N'内容最近变化时间');

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
