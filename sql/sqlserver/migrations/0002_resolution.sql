-- 0002: what the resolution of uncertain requests needs. Runs twice without harm; never edited after a release.
-- UTC: quiet_until, resolve_at, term_until. Local, as people read them: create_time.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'quiet_until') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD quiet_until DATETIME2(3) NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'resolve_at') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD resolve_at DATETIME2(3) NULL;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'resolve_epoch') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD resolve_epoch INT NOT NULL
        CONSTRAINT df_medical_insurance_requests_resolve_epoch DEFAULT 0;
GO

IF COL_LENGTH(N'dbo.medical_insurance_requests', N'resolve_tries') IS NULL
    ALTER TABLE dbo.medical_insurance_requests ADD resolve_tries INT NOT NULL
        CONSTRAINT df_medical_insurance_requests_resolve_tries DEFAULT 0;
GO

IF OBJECT_ID(N'dbo.medical_insurance_decisions', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_decisions (
    decision_id    BIGINT         IDENTITY(1, 1) NOT NULL,
    request_id     BIGINT         NOT NULL,
    decision       VARCHAR(16)    NOT NULL,
    operator       NVARCHAR(50)   NOT NULL,
    reason         NVARCHAR(500)  NOT NULL,
    setl_id        NVARCHAR(40)   NULL,
    status_before  VARCHAR(10)    NOT NULL,
    status_after   VARCHAR(10)    NOT NULL,
    create_time    DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_decisions PRIMARY KEY (decision_id),
    CONSTRAINT ck_medical_insurance_decisions_decision CHECK (decision IN ('EFFECTIVE', 'NOT_EFFECTIVE', 'RETRY'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_terms', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_terms (
    job_name    VARCHAR(64)   NOT NULL,
    node_id     NVARCHAR(64)  NOT NULL,
    term_until  DATETIME2(3)  NOT NULL,
    CONSTRAINT pk_medical_insurance_terms PRIMARY KEY (job_name)
);
GO

-- Indexes are made once, as in 0001: before this migration is registered as done, each is dropped and made again.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0002_resolution' AND s.object_type = 'MIGRATION')
BEGIN
    -- The resolver finds what is due; holds only what is unresolved.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_resolve ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_resolve
        ON dbo.medical_insurance_requests (resolve_at) WHERE status IN ('UNCERTAIN', 'REVERSING');

    -- All decisions on one request.
    DROP INDEX IF EXISTS ix_medical_insurance_decisions_request ON dbo.medical_insurance_decisions;
    CREATE INDEX ix_medical_insurance_decisions_request
        ON dbo.medical_insurance_decisions (request_id);
END;
GO

-- What was uncertain before this migration has no times yet: due at once, and an absence is not believed within the hour.
UPDATE r
SET quiet_until = DATEADD(HOUR, 1, SYSUTCDATETIME()), resolve_at = SYSUTCDATETIME()
FROM dbo.medical_insurance_requests AS r
WHERE r.status = 'UNCERTAIN' AND r.resolve_at IS NULL;
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
    (N'medical_insurance_requests', N'quiet_until', N'静默期结束时间：此后“无原交易”的冲正答复才可信（UTC）'),
    (N'medical_insurance_requests', N'resolve_at', N'下一次核实的时间（UTC）'),
    (N'medical_insurance_requests', N'resolve_epoch', N'核实代次，旧代次的写入无效'),
    (N'medical_insurance_requests', N'resolve_tries', N'已进行的冲正次数'),
    (N'medical_insurance_terms', NULL, N'全集群只运行一次的任务由谁负责'),
    (N'medical_insurance_terms', N'job_name', N'任务名称'),
    (N'medical_insurance_terms', N'node_id', N'负责节点'),
    (N'medical_insurance_terms', N'term_until', N'任期截止时间（数据库时钟）（UTC）'),
    (N'medical_insurance_decisions', NULL, N'人工核实记录（只追加）'),
    (N'medical_insurance_decisions', N'decision_id', N'记录编号'),
    (N'medical_insurance_decisions', N'request_id', N'请求编号'),
    (N'medical_insurance_decisions', N'decision', N'决定：EFFECTIVE 已生效，NOT_EFFECTIVE 未生效，RETRY 再次冲正'),
    (N'medical_insurance_decisions', N'operator', N'决定人'),
    (N'medical_insurance_decisions', N'reason', N'依据'),
    (N'medical_insurance_decisions', N'setl_id', N'医保端结算编号（已生效时）'),
    (N'medical_insurance_decisions', N'status_before', N'决定前状态'),
    (N'medical_insurance_decisions', N'status_after', N'决定后状态'),
    (N'medical_insurance_decisions', N'create_time', N'决定时间');

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
