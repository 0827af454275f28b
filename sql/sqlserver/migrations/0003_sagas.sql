-- 0003: what businesses of several steps need. Runs twice without harm; never edited after a release.
-- UTC: due_at. Local, as HIS and people read them: create_time, update_time.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF OBJECT_ID(N'dbo.medical_insurance_saga_definitions', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_saga_definitions (
    saga_code        VARCHAR(32)    NOT NULL,
    definition_hash  CHAR(64)       NOT NULL,
    saga_name        NVARCHAR(100)  NOT NULL,
    definition       NVARCHAR(MAX)  NOT NULL,
    active           SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_saga_definitions_active DEFAULT 0,
    create_time      DATETIME2(3)   NOT NULL,
    update_time      DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_definitions PRIMARY KEY (saga_code, definition_hash),
    CONSTRAINT ck_medical_insurance_saga_definitions_active CHECK (active IN (0, 1))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_sagas', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_sagas (
    saga_id             BIGINT         IDENTITY(1, 1) NOT NULL,
    saga_code           VARCHAR(32)    NOT NULL,
    definition_hash     CHAR(64)       NOT NULL,
    org_code            VARCHAR(12)    NOT NULL CONSTRAINT df_medical_insurance_sagas_org_code DEFAULT '',
    business_key        NVARCHAR(64)   COLLATE Latin1_General_BIN2 NULL,
    content_hash        VARBINARY(32)  NULL,
    input_data          NVARCHAR(MAX)  NOT NULL,
    status              VARCHAR(12)    NOT NULL CONSTRAINT df_medical_insurance_sagas_status DEFAULT 'RUNNING',
    direction           VARCHAR(7)     NOT NULL CONSTRAINT df_medical_insurance_sagas_direction DEFAULT 'FORWARD',
    epoch               INT            NOT NULL CONSTRAINT df_medical_insurance_sagas_epoch DEFAULT 0,
    node_id             NVARCHAR(64)   NULL,
    due_at              DATETIME2(3)   NULL,
    watched_request_id  BIGINT         NULL,
    priority            SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_sagas_priority DEFAULT 5,
    timeout_seconds     INT            NOT NULL CONSTRAINT df_medical_insurance_sagas_timeout_seconds DEFAULT 300,
    insuplc_admdvs      VARCHAR(6)     NOT NULL CONSTRAINT df_medical_insurance_sagas_insuplc_admdvs DEFAULT '',
    opter               NVARCHAR(30)   NOT NULL CONSTRAINT df_medical_insurance_sagas_opter DEFAULT N'',
    opter_name          NVARCHAR(50)   NOT NULL CONSTRAINT df_medical_insurance_sagas_opter_name DEFAULT N'',
    opter_type          VARCHAR(3)     NOT NULL CONSTRAINT df_medical_insurance_sagas_opter_type DEFAULT '',
    error_code          INT            NULL,
    error_message       NVARCHAR(500)  NULL,
    create_time         DATETIME2(3)   NOT NULL,
    update_time         DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_sagas PRIMARY KEY (saga_id),
    CONSTRAINT ck_medical_insurance_sagas_status CHECK (status IN (
        'RUNNING', 'COMPLETED', 'COMPENSATING', 'COMPENSATED', 'WAITING', 'MANUAL')),
    CONSTRAINT ck_medical_insurance_sagas_direction CHECK (direction IN ('FORWARD', 'BACK')),
    CONSTRAINT ck_medical_insurance_sagas_priority CHECK (priority BETWEEN 0 AND 9)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_saga_steps', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_saga_steps (
    saga_id         BIGINT         NOT NULL,
    step_order      SMALLINT       NOT NULL,
    direction       VARCHAR(7)     NOT NULL,
    attempt         SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_saga_steps_attempt DEFAULT 1,
    step_code       VARCHAR(20)    NOT NULL,
    interface_code  VARCHAR(10)    NOT NULL,
    request_id      BIGINT         NULL,
    error_message   NVARCHAR(500)  NULL,
    create_time     DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_steps PRIMARY KEY (saga_id, step_order, direction, attempt),
    CONSTRAINT ck_medical_insurance_saga_steps_direction CHECK (direction IN ('FORWARD', 'BACK'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_saga_decisions', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_saga_decisions (
    decision_id  BIGINT         IDENTITY(1, 1) NOT NULL,
    saga_id      BIGINT         NOT NULL,
    step_order   SMALLINT       NOT NULL,
    attempt      SMALLINT       NOT NULL,
    decision     VARCHAR(16)    NOT NULL,
    operator     NVARCHAR(50)   NOT NULL,
    reason       NVARCHAR(500)  NOT NULL,
    create_time  DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_decisions PRIMARY KEY (decision_id),
    CONSTRAINT ck_medical_insurance_saga_decisions_decision CHECK (decision IN ('RETRY', 'DONE'))
);
GO

-- Indexes are made once, as in 0001: before this migration is registered as done, each is dropped and made again.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0003_sagas' AND s.object_type = 'MIGRATION')
BEGIN
    -- The one version of each definition that new sagas follow.
    DROP INDEX IF EXISTS ux_medical_insurance_saga_definitions_active ON dbo.medical_insurance_saga_definitions;
    CREATE UNIQUE INDEX ux_medical_insurance_saga_definitions_active
        ON dbo.medical_insurance_saga_definitions (saga_code) WHERE active = 1;

    -- Sagas somebody must take up at a time: new ones at once, those a node holds when its lease is over. Nearly always empty, so
    -- that a look at it between two looks at the queue costs nothing.
    DROP INDEX IF EXISTS ix_medical_insurance_sagas_due ON dbo.medical_insurance_sagas;
    CREATE INDEX ix_medical_insurance_sagas_due
        ON dbo.medical_insurance_sagas (due_at) WHERE due_at IS NOT NULL;

    -- Sagas whose step is under way: the look joins each with its request and finds those whose request has ended. Holds only these.
    DROP INDEX IF EXISTS ix_medical_insurance_sagas_watched ON dbo.medical_insurance_sagas;
    CREATE INDEX ix_medical_insurance_sagas_watched
        ON dbo.medical_insurance_sagas (watched_request_id) WHERE watched_request_id IS NOT NULL AND due_at IS NULL;

    -- One saga per business key: idempotent submit.
    DROP INDEX IF EXISTS ux_medical_insurance_sagas_business ON dbo.medical_insurance_sagas;
    CREATE UNIQUE INDEX ux_medical_insurance_sagas_business
        ON dbo.medical_insurance_sagas (org_code, saga_code, business_key) WHERE business_key IS NOT NULL;

    -- The list a person reads.
    DROP INDEX IF EXISTS ix_medical_insurance_sagas_manual ON dbo.medical_insurance_sagas;
    CREATE INDEX ix_medical_insurance_sagas_manual
        ON dbo.medical_insurance_sagas (saga_id) WHERE status = 'MANUAL';

    -- A request belongs to one step of one saga at most.
    DROP INDEX IF EXISTS ux_medical_insurance_saga_steps_request ON dbo.medical_insurance_saga_steps;
    CREATE UNIQUE INDEX ux_medical_insurance_saga_steps_request
        ON dbo.medical_insurance_saga_steps (request_id) WHERE request_id IS NOT NULL;

    -- All decisions on one saga.
    DROP INDEX IF EXISTS ix_medical_insurance_saga_decisions_saga ON dbo.medical_insurance_saga_decisions;
    CREATE INDEX ix_medical_insurance_saga_decisions_saga
        ON dbo.medical_insurance_saga_decisions (saga_id);
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
    (N'medical_insurance_saga_definitions', NULL, N'业务流程定义的各版本（只增不改，由程序从数据文件同步）'),
    (N'medical_insurance_saga_definitions', N'saga_code', N'流程编码'),
    (N'medical_insurance_saga_definitions', N'definition_hash', N'定义内容的 SHA-256，即版本'),
    (N'medical_insurance_saga_definitions', N'saga_name', N'流程名称'),
    (N'medical_insurance_saga_definitions', N'definition', N'定义（JSON）：步骤、输入模板、撤销方式'),
    (N'medical_insurance_saga_definitions', N'active', N'1 表示新提交的流程采用此版本'),
    (N'medical_insurance_saga_definitions', N'create_time', N'首次载入时间'),
    (N'medical_insurance_saga_definitions', N'update_time', N'最近启用或停用时间'),
    (N'medical_insurance_sagas', NULL, N'业务流程：跨多个接口的一次业务'),
    (N'medical_insurance_sagas', N'saga_id', N'流程编号'),
    (N'medical_insurance_sagas', N'saga_code', N'流程编码'),
    (N'medical_insurance_sagas', N'definition_hash', N'提交时的定义版本，此后不变'),
    (N'medical_insurance_sagas', N'org_code', N'定点医药机构编号，空表示使用配置中的机构'),
    (N'medical_insurance_sagas', N'business_key', N'业务键：同机构同流程同键只受理一次'),
    (N'medical_insurance_sagas', N'content_hash', N'输入内容摘要，用于识别业务键重复但内容不同'),
    (N'medical_insurance_sagas', N'input_data', N'流程输入（JSON）'),
    (N'medical_insurance_sagas', N'status', N'状态：RUNNING 进行中，WAITING 有步骤结果不确定，COMPENSATING 撤销中，COMPLETED 完成，COMPENSATED 已撤销，MANUAL 等待人工'),
    (N'medical_insurance_sagas', N'direction', N'方向：FORWARD 办理，BACK 撤销；转为撤销后不再办理'),
    (N'medical_insurance_sagas', N'epoch', N'领取代次，旧代次的写入无效'),
    (N'medical_insurance_sagas', N'node_id', N'最近处理的节点'),
    (N'medical_insurance_sagas', N'due_at', N'应处理的时间；领取后为租约到期时间；空表示无事可做或在等步骤结束（UTC）'),
    (N'medical_insurance_sagas', N'watched_request_id', N'正在等待其结束的步骤请求'),
    (N'medical_insurance_sagas', N'priority', N'各步骤请求的优先级'),
    (N'medical_insurance_sagas', N'timeout_seconds', N'每个步骤允许未发送的秒数'),
    (N'medical_insurance_sagas', N'insuplc_admdvs', N'参保地医保区划'),
    (N'medical_insurance_sagas', N'opter', N'经办人编号'),
    (N'medical_insurance_sagas', N'opter_name', N'经办人姓名'),
    (N'medical_insurance_sagas', N'opter_type', N'经办人类别'),
    (N'medical_insurance_sagas', N'error_code', N'错误码'),
    (N'medical_insurance_sagas', N'error_message', N'未完成的原因'),
    (N'medical_insurance_sagas', N'create_time', N'提交时间'),
    (N'medical_insurance_sagas', N'update_time', N'最近状态变化时间'),
    (N'medical_insurance_saga_steps', NULL, N'业务流程的步骤（只追加）：每次办理或撤销一条'),
    (N'medical_insurance_saga_steps', N'saga_id', N'流程编号'),
    (N'medical_insurance_saga_steps', N'step_order', N'步骤序号，从 1 起'),
    (N'medical_insurance_saga_steps', N'direction', N'FORWARD 办理，BACK 撤销'),
    (N'medical_insurance_saga_steps', N'attempt', N'第几次'),
    (N'medical_insurance_saga_steps', N'step_code', N'步骤编码'),
    (N'medical_insurance_saga_steps', N'interface_code', N'交易编号 infno'),
    (N'medical_insurance_saga_steps', N'request_id', N'该步骤的请求；空表示输入无法组成，没有提交'),
    (N'medical_insurance_saga_steps', N'error_message', N'没有提交的原因'),
    (N'medical_insurance_saga_steps', N'create_time', N'提交时间'),
    (N'medical_insurance_saga_decisions', NULL, N'业务流程的人工决定（只追加）'),
    (N'medical_insurance_saga_decisions', N'decision_id', N'记录编号'),
    (N'medical_insurance_saga_decisions', N'saga_id', N'流程编号'),
    (N'medical_insurance_saga_decisions', N'step_order', N'所决定的步骤序号'),
    (N'medical_insurance_saga_decisions', N'attempt', N'所决定的是第几次'),
    (N'medical_insurance_saga_decisions', N'decision', N'决定：RETRY 再次撤销，DONE 已人工撤销，继续撤销更早的步骤'),
    (N'medical_insurance_saga_decisions', N'operator', N'决定人'),
    (N'medical_insurance_saga_decisions', N'reason', N'依据'),
    (N'medical_insurance_saga_decisions', N'create_time', N'决定时间');

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
