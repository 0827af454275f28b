-- 0001: tables and indexes of the first version. Runs twice without harm; never edited after a release.
--
-- Two kinds of time, never compared with each other:
--   UTC, by SYSUTCDATETIME: expires_at, available_at, lease_until, bucket_time, start_time, heartbeat_time.
--   Local, by SYSDATETIME, as HIS and people read them: create_time, update_time, answer_time, install_time.
-- Views turn UTC into local time.
--
-- Recommended, by a DBA, in a quiet minute:  ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE;
-- Then nobody who reads the views waits for a writer, also not for a HIS transaction that stays open. The bridge works either way.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF OBJECT_ID(N'dbo.medical_insurance_schema', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_schema (
    object_name   NVARCHAR(128)  NOT NULL,
    object_type   VARCHAR(10)    NOT NULL,
    version       VARCHAR(20)    NOT NULL,
    install_time  DATETIME2(3)   NOT NULL CONSTRAINT df_medical_insurance_schema_install_time DEFAULT SYSDATETIME(),
    CONSTRAINT pk_medical_insurance_schema PRIMARY KEY (object_name)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_interfaces', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_interfaces (
    interface_code   VARCHAR(10)    NOT NULL,
    interface_name   NVARCHAR(100)  NOT NULL,
    interface_group  NVARCHAR(50)   NOT NULL CONSTRAINT df_medical_insurance_interfaces_group DEFAULT N'',
    money_class      CHAR(1)        NOT NULL,
    ordered          SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_interfaces_ordered DEFAULT 0,
    enabled          SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_interfaces_enabled DEFAULT 1,
    max_input_chars  INT            NOT NULL CONSTRAINT df_medical_insurance_interfaces_max_input_chars DEFAULT 2000000,
    reversed_by      VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_interfaces_reversed_by DEFAULT '',
    update_time      DATETIME2(3)   NOT NULL CONSTRAINT df_medical_insurance_interfaces_update_time DEFAULT SYSDATETIME(),
    CONSTRAINT pk_medical_insurance_interfaces PRIMARY KEY (interface_code),
    CONSTRAINT ck_medical_insurance_interfaces_class CHECK (money_class IN ('Q', 'I', 'M', 'N')),
    CONSTRAINT ck_medical_insurance_interfaces_ordered CHECK (ordered IN (0, 1)),
    CONSTRAINT ck_medical_insurance_interfaces_enabled CHECK (enabled IN (0, 1))
);
GO

-- The keys compare byte by byte in every collation: two patients never share a key because their numbers look alike.
IF OBJECT_ID(N'dbo.medical_insurance_requests', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_requests (
    request_id       BIGINT         IDENTITY(1, 1) NOT NULL,
    interface_code   VARCHAR(10)    NOT NULL,
    org_code         VARCHAR(12)    NOT NULL CONSTRAINT df_medical_insurance_requests_org_code DEFAULT '',
    input_data       NVARCHAR(MAX)  NOT NULL,
    status           VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_requests_status DEFAULT 'PENDING',
    money_class      CHAR(1)        NOT NULL,
    priority         SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_requests_priority DEFAULT 5,
    queue_rank       BIGINT         NOT NULL,
    order_key        NVARCHAR(80)   COLLATE Latin1_General_BIN2 NULL,
    business_key     NVARCHAR(64)   COLLATE Latin1_General_BIN2 NULL,
    content_hash     VARBINARY(32)  NULL,
    create_time      DATETIME2(3)   NOT NULL,
    update_time      DATETIME2(3)   NOT NULL,
    expires_at       DATETIME2(3)   NOT NULL,
    available_at     DATETIME2(3)   NULL,
    timeout_seconds  INT            NOT NULL CONSTRAINT df_medical_insurance_requests_timeout_seconds DEFAULT 300,
    max_retry_count  INT            NOT NULL CONSTRAINT df_medical_insurance_requests_max_retry_count DEFAULT 3,
    epoch            INT            NOT NULL CONSTRAINT df_medical_insurance_requests_epoch DEFAULT 0,
    sends            INT            NOT NULL CONSTRAINT df_medical_insurance_requests_sends DEFAULT 0,
    tries            INT            NOT NULL CONSTRAINT df_medical_insurance_requests_tries DEFAULT 0,
    rescues          INT            NOT NULL CONSTRAINT df_medical_insurance_requests_rescues DEFAULT 0,
    node_id          NVARCHAR(64)   NULL,
    lease_until      DATETIME2(3)   NULL,
    insuplc_admdvs   VARCHAR(6)     NOT NULL CONSTRAINT df_medical_insurance_requests_insuplc_admdvs DEFAULT '',
    opter            NVARCHAR(30)   NOT NULL CONSTRAINT df_medical_insurance_requests_opter DEFAULT N'',
    opter_name       NVARCHAR(50)   NOT NULL CONSTRAINT df_medical_insurance_requests_opter_name DEFAULT N'',
    opter_type       VARCHAR(3)     NOT NULL CONSTRAINT df_medical_insurance_requests_opter_type DEFAULT '',
    error_code       INT            NULL,
    error_message    NVARCHAR(500)  NULL,
    CONSTRAINT pk_medical_insurance_requests PRIMARY KEY (request_id),
    CONSTRAINT ck_medical_insurance_requests_status CHECK (status IN (
        'PENDING', 'CLAIMED', 'SENDING', 'COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'UNCERTAIN', 'REVERSING', 'REVERSED', 'MANUAL')),
    CONSTRAINT ck_medical_insurance_requests_class CHECK (money_class IN ('Q', 'I', 'M', 'N')),
    CONSTRAINT ck_medical_insurance_requests_priority CHECK (priority BETWEEN 0 AND 9)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_responses', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_responses (
    response_id    BIGINT         IDENTITY(1, 1) NOT NULL,
    request_id     BIGINT         NOT NULL,
    response_data  NVARCHAR(MAX)  NULL,
    infcode        NVARCHAR(10)   NULL,
    err_msg        NVARCHAR(MAX)  NULL,
    outcome        VARCHAR(16)    NOT NULL,
    msgid          VARCHAR(30)    NULL,
    inf_refmsgid   NVARCHAR(64)   NULL,
    serial_no      NVARCHAR(64)   NULL,
    create_time    DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_responses PRIMARY KEY (response_id)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_attempts', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_attempts (
    attempt_id     BIGINT         IDENTITY(1, 1) NOT NULL,
    request_id     BIGINT         NOT NULL,
    epoch          INT            NOT NULL,
    kind           VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_attempts_kind DEFAULT 'original',
    msgid          VARCHAR(30)    NOT NULL,
    node_id        NVARCHAR(64)   NOT NULL,
    body_hash      CHAR(64)       NOT NULL,
    create_time    DATETIME2(3)   NOT NULL,
    answer_time    DATETIME2(3)   NULL,
    outcome        VARCHAR(16)    NULL,
    infcode        NVARCHAR(10)   NULL,
    err_msg        NVARCHAR(MAX)  NULL,
    fault          NVARCHAR(64)   NULL,
    http_status    INT            NULL,
    duration_ms    INT            NULL,
    answer_data    NVARCHAR(MAX)  NULL,
    CONSTRAINT pk_medical_insurance_attempts PRIMARY KEY (attempt_id),
    CONSTRAINT ck_medical_insurance_attempts_kind CHECK (kind IN ('original', 'inquiry', 'reversal'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_error_log', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_error_log (
    error_id       BIGINT          IDENTITY(1, 1) NOT NULL,
    request_id     BIGINT          NULL,
    source         NVARCHAR(128)   NOT NULL,
    error_code     INT             NOT NULL,
    error_message  NVARCHAR(2000)  NOT NULL,
    create_time    DATETIME2(3)    NOT NULL CONSTRAINT df_medical_insurance_error_log_create_time DEFAULT SYSDATETIME(),
    CONSTRAINT pk_medical_insurance_error_log PRIMARY KEY (error_id)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_limits', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_limits (
    limit_id        INT            IDENTITY(1, 1) NOT NULL,
    org_code        VARCHAR(12)    NOT NULL CONSTRAINT df_medical_insurance_limits_org_code DEFAULT '',
    interface_code  VARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_limits_interface_code DEFAULT '',
    max_in_flight   INT            NULL,
    max_per_minute  INT            NULL,
    enabled         SMALLINT       NOT NULL CONSTRAINT df_medical_insurance_limits_enabled DEFAULT 1,
    remark          NVARCHAR(200)  NOT NULL CONSTRAINT df_medical_insurance_limits_remark DEFAULT N'',
    update_time     DATETIME2(3)   NOT NULL CONSTRAINT df_medical_insurance_limits_update_time DEFAULT SYSDATETIME(),
    CONSTRAINT pk_medical_insurance_limits PRIMARY KEY (limit_id),
    CONSTRAINT ck_medical_insurance_limits_in_flight CHECK (max_in_flight >= 0),
    CONSTRAINT ck_medical_insurance_limits_per_minute CHECK (max_per_minute >= 0)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_limit_usage', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_limit_usage (
    limit_id     INT           NOT NULL,
    bucket_time  DATETIME2(0)  NOT NULL,
    taken        INT           NOT NULL,
    CONSTRAINT pk_medical_insurance_limit_usage PRIMARY KEY (limit_id, bucket_time)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_counters', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_counters (
    counter_name   VARCHAR(32)  NOT NULL,
    counter_value  BIGINT       NOT NULL,
    CONSTRAINT pk_medical_insurance_counters PRIMARY KEY (counter_name)
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_conditions', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_conditions (
    condition_type  VARCHAR(32)    NOT NULL,
    subject         NVARCHAR(64)   NOT NULL,
    message         NVARCHAR(500)  NOT NULL,
    create_time     DATETIME2(3)   NOT NULL,
    update_time     DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_medical_insurance_conditions PRIMARY KEY (condition_type, subject)
);
GO

IF OBJECT_ID(N'dbo.sdk_heartbeat', N'U') IS NULL
CREATE TABLE dbo.sdk_heartbeat (
    node_id         NVARCHAR(64)  NOT NULL,
    host_name       NVARCHAR(64)  NOT NULL,
    process_id      INT           NOT NULL,
    version         VARCHAR(20)   NOT NULL,
    status          VARCHAR(10)   NOT NULL,
    in_flight       INT           NOT NULL CONSTRAINT df_sdk_heartbeat_in_flight DEFAULT 0,
    completed       BIGINT        NOT NULL CONSTRAINT df_sdk_heartbeat_completed DEFAULT 0,
    start_time      DATETIME2(3)  NOT NULL,
    heartbeat_time  DATETIME2(3)  NOT NULL,
    CONSTRAINT pk_sdk_heartbeat PRIMARY KEY (node_id)
);
GO

-- Indexes are made once: an upgrade of a live database must not rebuild them, and never be without the index that keeps the order.
-- Before this migration is registered as done, each is dropped and made again, whatever an interrupted installation left behind.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0001_foundation' AND s.object_type = 'MIGRATION')
BEGIN
    -- The claim reads this one from its head: only what may be taken now, in the claim's own order.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_queue ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_queue
        ON dbo.medical_insurance_requests (queue_rank, request_id) WHERE status = 'PENDING' AND available_at IS NULL;

    -- Requests that wait out a backoff; the claim wakes the ripe ones.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_backoff ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_backoff
        ON dbo.medical_insurance_requests (available_at) WHERE status = 'PENDING' AND available_at IS NOT NULL;

    -- Queue order within a key: is an older request of this key still waiting?
    DROP INDEX IF EXISTS ix_medical_insurance_requests_key ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_key
        ON dbo.medical_insurance_requests (order_key, request_id) WHERE status = 'PENDING' AND order_key IS NOT NULL;

    -- One live request per key: the promise of order, kept by the database whatever the bridge does.
    DROP INDEX IF EXISTS ux_medical_insurance_requests_live ON dbo.medical_insurance_requests;
    CREATE UNIQUE INDEX ux_medical_insurance_requests_live
        ON dbo.medical_insurance_requests (order_key)
        WHERE order_key IS NOT NULL AND status IN ('CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING', 'MANUAL');

    -- Rescue finds leases that are over; holds only what is in flight. Covers the counting of limits, which then never
    -- holds an index entry while it waits for its row: that would be a deadlock with every renewal.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_lease ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_lease
        ON dbo.medical_insurance_requests (lease_until) INCLUDE (status, org_code, interface_code)
        WHERE status IN ('CLAIMED', 'SENDING');

    -- Rescue finds what nobody took in time.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_expiry ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_expiry
        ON dbo.medical_insurance_requests (expires_at) WHERE status = 'PENDING' AND sends = 0;

    -- The lists a person reads: uncertain, reversing, manual.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_unresolved ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_unresolved
        ON dbo.medical_insurance_requests (status, request_id) WHERE status IN ('UNCERTAIN', 'REVERSING', 'MANUAL');

    -- One request per business key: idempotent submit.
    DROP INDEX IF EXISTS ux_medical_insurance_requests_business ON dbo.medical_insurance_requests;
    CREATE UNIQUE INDEX ux_medical_insurance_requests_business
        ON dbo.medical_insurance_requests (org_code, interface_code, business_key) WHERE business_key IS NOT NULL;

    -- The monitor's last 24 hours.
    DROP INDEX IF EXISTS ix_medical_insurance_requests_time ON dbo.medical_insurance_requests;
    CREATE INDEX ix_medical_insurance_requests_time
        ON dbo.medical_insurance_requests (create_time);

    -- Result by request, one answer each.
    DROP INDEX IF EXISTS ux_medical_insurance_responses_request ON dbo.medical_insurance_responses;
    CREATE UNIQUE INDEX ux_medical_insurance_responses_request
        ON dbo.medical_insurance_responses (request_id);

    -- msgid is the key of 2601 and of the 3202 result file: never twice.
    DROP INDEX IF EXISTS ux_medical_insurance_attempts_msgid ON dbo.medical_insurance_attempts;
    CREATE UNIQUE INDEX ux_medical_insurance_attempts_msgid
        ON dbo.medical_insurance_attempts (msgid);

    -- All sends of one request.
    DROP INDEX IF EXISTS ix_medical_insurance_attempts_request ON dbo.medical_insurance_attempts;
    CREATE INDEX ix_medical_insurance_attempts_request
        ON dbo.medical_insurance_attempts (request_id);
END;
GO

INSERT INTO dbo.medical_insurance_counters (counter_name, counter_value)
SELECT 'msgid', 0 WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');
GO

-- A batch of ours must never grow into a lock on the whole table, which would stop HIS. Babelfish locks rows only and does not know
-- the option: the text is parsed when it runs, and its refusal changes nothing. Not where it is set: the change waits for everybody.
BEGIN TRY
    EXEC (N'IF EXISTS (
        SELECT 1 FROM sys.tables AS t
        WHERE t.object_id = OBJECT_ID(N''dbo.medical_insurance_requests'', N''U'') AND t.lock_escalation_desc <> N''DISABLE'')
        ALTER TABLE dbo.medical_insurance_requests SET (LOCK_ESCALATION = DISABLE)');
END TRY
BEGIN CATCH
    PRINT N'LOCK_ESCALATION was left as it is.';
END CATCH;
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
    (N'medical_insurance_schema', NULL, N'mi-bridge 安装登记：本程序创建的对象及版本'),
    (N'medical_insurance_schema', N'object_name', N'对象名称'),
    (N'medical_insurance_schema', N'object_type', N'对象类型：MIGRATION 迁移，TABLE 表，VIEW 视图，ROUTINE 过程'),
    (N'medical_insurance_schema', N'version', N'安装时的程序版本'),
    (N'medical_insurance_schema', N'install_time', N'安装时间'),
    (N'medical_insurance_interfaces', NULL, N'医保接口目录（由程序同步，enabled 与 max_input_chars 可由管理员修改）'),
    (N'medical_insurance_interfaces', N'interface_code', N'交易编号 infno'),
    (N'medical_insurance_interfaces', N'interface_name', N'交易名称'),
    (N'medical_insurance_interfaces', N'interface_group', N'交易分组'),
    (N'medical_insurance_interfaces', N'money_class', N'资金类别：Q 查询，I 幂等上传，M 可冲正或可撤销，N 不可撤销'),
    (N'medical_insurance_interfaces', N'ordered', N'1 表示同一患者按排队顺序逐笔执行'),
    (N'medical_insurance_interfaces', N'enabled', N'1 启用，0 停用（停用后返回 -1006）'),
    (N'medical_insurance_interfaces', N'max_input_chars', N'input_data 最大字符数'),
    (N'medical_insurance_interfaces', N'reversed_by', N'冲正该交易的交易编号，空表示不可冲正'),
    (N'medical_insurance_interfaces', N'update_time', N'更新时间'),
    (N'medical_insurance_requests', NULL, N'医保请求队列'),
    (N'medical_insurance_requests', N'request_id', N'请求编号'),
    (N'medical_insurance_requests', N'interface_code', N'交易编号 infno'),
    (N'medical_insurance_requests', N'org_code', N'定点医药机构编号，空表示使用配置中的机构'),
    (N'medical_insurance_requests', N'input_data', N'交易输入（JSON）'),
    (N'medical_insurance_requests', N'status', N'内部状态'),
    (N'medical_insurance_requests', N'money_class', N'提交时的资金类别'),
    (N'medical_insurance_requests', N'priority', N'优先级 0（最高）至 9'),
    (N'medical_insurance_requests', N'queue_rank', N'排队次序：提交毫秒数 + 优先级 × 60000，等待越久越靠前'),
    (N'medical_insurance_requests', N'order_key', N'顺序键：同键请求逐笔执行'),
    (N'medical_insurance_requests', N'business_key', N'业务键：同机构同接口同键只受理一次'),
    (N'medical_insurance_requests', N'content_hash', N'输入内容摘要，用于识别业务键重复但内容不同'),
    (N'medical_insurance_requests', N'create_time', N'提交时间'),
    (N'medical_insurance_requests', N'update_time', N'最近状态变化时间'),
    (N'medical_insurance_requests', N'expires_at', N'未发送的请求到此时作废（UTC）'),
    (N'medical_insurance_requests', N'available_at', N'退避截止时间，空表示可立即领取（UTC）'),
    (N'medical_insurance_requests', N'timeout_seconds', N'允许未发送的秒数'),
    (N'medical_insurance_requests', N'max_retry_count', N'允许重发时的最多重发次数'),
    (N'medical_insurance_requests', N'epoch', N'领取代次，旧代次的写入无效'),
    (N'medical_insurance_requests', N'sends', N'可能已到达医保平台的发送次数'),
    (N'medical_insurance_requests', N'tries', N'已计入重试的失败次数'),
    (N'medical_insurance_requests', N'rescues', N'租约过期被收回的次数'),
    (N'medical_insurance_requests', N'node_id', N'当前处理节点'),
    (N'medical_insurance_requests', N'lease_until', N'租约到期时间（数据库时钟）（UTC）'),
    (N'medical_insurance_requests', N'insuplc_admdvs', N'参保地医保区划'),
    (N'medical_insurance_requests', N'opter', N'经办人编号'),
    (N'medical_insurance_requests', N'opter_name', N'经办人姓名'),
    (N'medical_insurance_requests', N'opter_type', N'经办人类别：1 经办人，2 自助终端，3 移动终端'),
    (N'medical_insurance_requests', N'error_code', N'错误码'),
    (N'medical_insurance_requests', N'error_message', N'错误说明'),
    (N'medical_insurance_responses', NULL, N'医保应答（每个请求最多一条）'),
    (N'medical_insurance_responses', N'response_id', N'应答编号'),
    (N'medical_insurance_responses', N'request_id', N'请求编号'),
    (N'medical_insurance_responses', N'response_data', N'医保平台应答原文'),
    (N'medical_insurance_responses', N'infcode', N'医保平台返回码，0 成功'),
    (N'medical_insurance_responses', N'err_msg', N'医保平台错误信息'),
    (N'medical_insurance_responses', N'outcome', N'应答判定：OK 成功，REFUSED 拒绝，SUSPICIOUS 可疑等'),
    (N'medical_insurance_responses', N'msgid', N'发送方报文编号'),
    (N'medical_insurance_responses', N'inf_refmsgid', N'接收方报文编号'),
    (N'medical_insurance_responses', N'serial_no', N'异常流水号'),
    (N'medical_insurance_responses', N'create_time', N'应答时间'),
    (N'medical_insurance_attempts', NULL, N'发送流水（只追加）：每次发送一条'),
    (N'medical_insurance_attempts', N'attempt_id', N'流水编号'),
    (N'medical_insurance_attempts', N'request_id', N'请求编号'),
    (N'medical_insurance_attempts', N'epoch', N'领取代次'),
    (N'medical_insurance_attempts', N'kind', N'种类：original 原交易，inquiry 查询，reversal 冲正'),
    (N'medical_insurance_attempts', N'msgid', N'发送方报文编号，全局唯一'),
    (N'medical_insurance_attempts', N'node_id', N'发送节点'),
    (N'medical_insurance_attempts', N'body_hash', N'报文 SHA-256 摘要'),
    (N'medical_insurance_attempts', N'create_time', N'登记时间（M、N 类在发送前登记）'),
    (N'medical_insurance_attempts', N'answer_time', N'应答或失败时间'),
    (N'medical_insurance_attempts', N'outcome', N'判定结果'),
    (N'medical_insurance_attempts', N'infcode', N'医保平台返回码'),
    (N'medical_insurance_attempts', N'err_msg', N'医保平台错误信息'),
    (N'medical_insurance_attempts', N'fault', N'传输故障代号'),
    (N'medical_insurance_attempts', N'http_status', N'HTTP 状态码'),
    (N'medical_insurance_attempts', N'duration_ms', N'耗时毫秒'),
    (N'medical_insurance_attempts', N'answer_data', N'未成为正式应答的应答原文（证据）'),
    (N'medical_insurance_error_log', NULL, N'错误日志（不含患者信息）'),
    (N'medical_insurance_error_log', N'error_id', N'日志编号'),
    (N'medical_insurance_error_log', N'request_id', N'请求编号'),
    (N'medical_insurance_error_log', N'source', N'出错的过程'),
    (N'medical_insurance_error_log', N'error_code', N'错误码'),
    (N'medical_insurance_error_log', N'error_message', N'错误说明'),
    (N'medical_insurance_error_log', N'create_time', N'发生时间'),
    (N'medical_insurance_limits', NULL, N'限流规则，修改后立即生效'),
    (N'medical_insurance_limits', N'limit_id', N'规则编号'),
    (N'medical_insurance_limits', N'org_code', N'机构编号，空表示所有机构合计'),
    (N'medical_insurance_limits', N'interface_code', N'交易编号，空表示所有交易合计'),
    (N'medical_insurance_limits', N'max_in_flight', N'同时处理的最大请求数，空表示不限'),
    (N'medical_insurance_limits', N'max_per_minute', N'每分钟最多领取数，空表示不限'),
    (N'medical_insurance_limits', N'enabled', N'1 启用，0 停用'),
    (N'medical_insurance_limits', N'remark', N'备注'),
    (N'medical_insurance_limits', N'update_time', N'更新时间'),
    (N'medical_insurance_limit_usage', NULL, N'限流计数：每条规则每秒领取数，保留两分钟'),
    (N'medical_insurance_limit_usage', N'limit_id', N'规则编号'),
    (N'medical_insurance_limit_usage', N'bucket_time', N'秒（UTC）'),
    (N'medical_insurance_limit_usage', N'taken', N'该秒领取数'),
    (N'medical_insurance_counters', NULL, N'计数器（报文编号等）'),
    (N'medical_insurance_counters', N'counter_name', N'计数器名称'),
    (N'medical_insurance_counters', N'counter_value', N'当前值；msgid 为 秒数 × 10000 + 序号'),
    (N'medical_insurance_conditions', NULL, N'程序上报的持续状况（签到失败、线路熔断等），恢复后删除'),
    (N'medical_insurance_conditions', N'condition_type', N'状况类型，与告警类型同名'),
    (N'medical_insurance_conditions', N'subject', N'对象（节点、线路或操作员）'),
    (N'medical_insurance_conditions', N'message', N'说明'),
    (N'medical_insurance_conditions', N'create_time', N'开始时间'),
    (N'medical_insurance_conditions', N'update_time', N'最近一次上报时间'),
    (N'sdk_heartbeat', NULL, N'节点心跳，每个节点一行'),
    (N'sdk_heartbeat', N'node_id', N'节点名称'),
    (N'sdk_heartbeat', N'host_name', N'主机名'),
    (N'sdk_heartbeat', N'process_id', N'进程号'),
    (N'sdk_heartbeat', N'version', N'程序版本'),
    (N'sdk_heartbeat', N'status', N'节点状态：RUNNING 运行，STOPPING 停止中，STOPPED 已停止'),
    (N'sdk_heartbeat', N'in_flight', N'正在处理的请求数'),
    (N'sdk_heartbeat', N'completed', N'启动以来完成的请求数'),
    (N'sdk_heartbeat', N'start_time', N'启动时间（UTC）'),
    (N'sdk_heartbeat', N'heartbeat_time', N'最近心跳时间（UTC）');

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
