-- 0006: the sign-ins (9001) all nodes share, one row an operator. Runs twice without harm; never edited after a release.
-- UTC: lease_until, sign_time, valid_until, retry_at, update_time. Names of operators compare byte by byte in every collation.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF OBJECT_ID(N'dbo.medical_insurance_sign_ins', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_sign_ins (
    org_code     VARCHAR(12)    NOT NULL,
    opter        NVARCHAR(30)   COLLATE Latin1_General_BIN2 NOT NULL,
    epoch        INT            NOT NULL CONSTRAINT df_medical_insurance_sign_ins_epoch DEFAULT 0,
    state        VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_sign_ins_state DEFAULT 'NONE',
    sign_no      NVARCHAR(30)   COLLATE Latin1_General_BIN2 NULL,
    proved       SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_sign_ins_proved DEFAULT 0,
    node_id      NVARCHAR(64)   NULL,
    lease_until  DATETIME2(3)   NULL,
    sign_time    DATETIME2(3)   NULL,
    valid_until  DATETIME2(3)   NULL,
    retry_at     DATETIME2(3)   NULL,
    message      NVARCHAR(500)  NULL,
    update_time  DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_sign_ins PRIMARY KEY (org_code, opter),
    CONSTRAINT ck_medical_insurance_sign_ins_proved CHECK (proved IN (0, 1)),
    CONSTRAINT ck_medical_insurance_sign_ins_state CHECK (state IN ('NONE', 'SIGNING', 'SIGNED_IN', 'FAILED', 'SIGNED_OUT'))
);
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
    (N'medical_insurance_sign_ins', NULL, N'签到（9001）：每个机构的每个操作员一条，全集群共用'),
    (N'medical_insurance_sign_ins', N'org_code', N'定点医药机构编号'),
    (N'medical_insurance_sign_ins', N'opter', N'操作员编号'),
    (N'medical_insurance_sign_ins', N'epoch', N'签到代次，旧代次的写入无效'),
    (N'medical_insurance_sign_ins', N'state', N'状态：NONE 无，SIGNING 签到中，SIGNED_IN 已签到，FAILED 签到失败，SIGNED_OUT 已签退'),
    (N'medical_insurance_sign_ins', N'sign_no', N'签到编号，等同令牌：不出现在任何视图和日志中'),
    (N'medical_insurance_sign_ins', N'proved', N'1 表示平台已接受过此编号'),
    (N'medical_insurance_sign_ins', N'node_id', N'签到的节点'),
    (N'medical_insurance_sign_ins', N'lease_until', N'签到中：此后其他节点可以接手（UTC）'),
    (N'medical_insurance_sign_ins', N'sign_time', N'签到时间（UTC）'),
    (N'medical_insurance_sign_ins', N'valid_until', N'编号有效期至（UTC）'),
    (N'medical_insurance_sign_ins', N'retry_at', N'签到失败后，最早重试时间（UTC）'),
    (N'medical_insurance_sign_ins', N'message', N'签到失败的原因'),
    (N'medical_insurance_sign_ins', N'update_time', N'最近状态变化时间（UTC）');

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
