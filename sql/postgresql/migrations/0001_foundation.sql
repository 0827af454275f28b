-- 0001: tables and indexes of the first version. Runs twice without harm; never edited after a release.

CREATE TABLE IF NOT EXISTS public.medical_insurance_schema (
    object_name   varchar(128)   NOT NULL,
    object_type   varchar(10)    NOT NULL,
    version       varchar(20)    NOT NULL,
    install_time  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_medical_insurance_schema PRIMARY KEY (object_name)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_interfaces (
    interface_code   varchar(10)    NOT NULL,
    interface_name   varchar(100)   NOT NULL,
    interface_group  varchar(50)    NOT NULL DEFAULT '',
    money_class      char(1)        NOT NULL,
    ordered          smallint       NOT NULL DEFAULT 0,
    enabled          smallint       NOT NULL DEFAULT 1,
    max_input_chars  integer        NOT NULL DEFAULT 2000000,
    reversed_by      varchar(10)    NOT NULL DEFAULT '',
    update_time      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_medical_insurance_interfaces PRIMARY KEY (interface_code),
    CONSTRAINT ck_medical_insurance_interfaces_class CHECK (money_class IN ('Q', 'I', 'M', 'N')),
    CONSTRAINT ck_medical_insurance_interfaces_ordered CHECK (ordered IN (0, 1)),
    CONSTRAINT ck_medical_insurance_interfaces_enabled CHECK (enabled IN (0, 1))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_requests (
    request_id       bigint         GENERATED ALWAYS AS IDENTITY,
    interface_code   varchar(10)    NOT NULL,
    org_code         varchar(12)    NOT NULL DEFAULT '',
    input_data       text           NOT NULL,
    status           varchar(10)    NOT NULL DEFAULT 'PENDING',
    money_class      char(1)        NOT NULL,
    priority         smallint       NOT NULL DEFAULT 5,
    queue_rank       bigint         NOT NULL,
    order_key        varchar(80)    NULL,
    business_key     varchar(64)    NULL,
    content_hash     bytea          NULL,
    create_time      timestamptz(3) NOT NULL,
    update_time      timestamptz(3) NOT NULL,
    expires_at       timestamptz(3) NOT NULL,
    available_at     timestamptz(3) NULL,
    timeout_seconds  integer        NOT NULL DEFAULT 300,
    max_retry_count  integer        NOT NULL DEFAULT 3,
    epoch            integer        NOT NULL DEFAULT 0,
    sends            integer        NOT NULL DEFAULT 0,
    tries            integer        NOT NULL DEFAULT 0,
    rescues          integer        NOT NULL DEFAULT 0,
    node_id          varchar(64)    NULL,
    lease_until      timestamptz(3) NULL,
    insuplc_admdvs   varchar(6)     NOT NULL DEFAULT '',
    opter            varchar(30)    NOT NULL DEFAULT '',
    opter_name       varchar(50)    NOT NULL DEFAULT '',
    opter_type       varchar(3)     NOT NULL DEFAULT '',
    error_code       integer        NULL,
    error_message    varchar(500)   NULL,
    CONSTRAINT pk_medical_insurance_requests PRIMARY KEY (request_id),
    CONSTRAINT ck_medical_insurance_requests_status CHECK (status IN (
        'PENDING', 'CLAIMED', 'SENDING', 'COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'UNCERTAIN', 'REVERSING', 'REVERSED', 'MANUAL')),
    CONSTRAINT ck_medical_insurance_requests_class CHECK (money_class IN ('Q', 'I', 'M', 'N')),
    CONSTRAINT ck_medical_insurance_requests_priority CHECK (priority BETWEEN 0 AND 9)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_responses (
    response_id    bigint         GENERATED ALWAYS AS IDENTITY,
    request_id     bigint         NOT NULL,
    response_data  text           NULL,
    infcode        varchar(10)    NULL,
    err_msg        text           NULL,
    outcome        varchar(16)    NOT NULL,
    msgid          varchar(30)    NULL,
    inf_refmsgid   varchar(64)    NULL,
    serial_no      varchar(64)    NULL,
    create_time    timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_responses PRIMARY KEY (response_id)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_attempts (
    attempt_id     bigint         GENERATED ALWAYS AS IDENTITY,
    request_id     bigint         NOT NULL,
    epoch          integer        NOT NULL,
    kind           varchar(10)    NOT NULL DEFAULT 'original',
    msgid          varchar(30)    NOT NULL,
    node_id        varchar(64)    NOT NULL,
    body_hash      char(64)       NOT NULL,
    create_time    timestamptz(3) NOT NULL,
    answer_time    timestamptz(3) NULL,
    outcome        varchar(16)    NULL,
    infcode        varchar(10)    NULL,
    err_msg        text           NULL,
    fault          varchar(64)    NULL,
    http_status    integer        NULL,
    duration_ms    integer        NULL,
    answer_data    text           NULL,
    CONSTRAINT pk_medical_insurance_attempts PRIMARY KEY (attempt_id),
    CONSTRAINT ck_medical_insurance_attempts_kind CHECK (kind IN ('original', 'inquiry', 'reversal'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_error_log (
    error_id       bigint         GENERATED ALWAYS AS IDENTITY,
    request_id     bigint         NULL,
    source         varchar(128)   NOT NULL,
    error_code     integer        NOT NULL,
    error_message  varchar(2000)  NOT NULL,
    create_time    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_medical_insurance_error_log PRIMARY KEY (error_id)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_limits (
    limit_id        integer        GENERATED ALWAYS AS IDENTITY,
    org_code        varchar(12)    NOT NULL DEFAULT '',
    interface_code  varchar(10)    NOT NULL DEFAULT '',
    max_in_flight   integer        NULL,
    max_per_minute  integer        NULL,
    enabled         smallint       NOT NULL DEFAULT 1,
    remark          varchar(200)   NOT NULL DEFAULT '',
    update_time     timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pk_medical_insurance_limits PRIMARY KEY (limit_id),
    CONSTRAINT ck_medical_insurance_limits_in_flight CHECK (max_in_flight >= 0),
    CONSTRAINT ck_medical_insurance_limits_per_minute CHECK (max_per_minute >= 0)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_limit_usage (
    limit_id     integer        NOT NULL,
    bucket_time  timestamptz(0) NOT NULL,
    taken        integer        NOT NULL,
    CONSTRAINT pk_medical_insurance_limit_usage PRIMARY KEY (limit_id, bucket_time)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_counters (
    counter_name   varchar(32) NOT NULL,
    counter_value  bigint      NOT NULL,
    CONSTRAINT pk_medical_insurance_counters PRIMARY KEY (counter_name)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_conditions (
    condition_type  varchar(32)    NOT NULL,
    subject         varchar(64)    NOT NULL,
    message         varchar(500)   NOT NULL,
    create_time     timestamptz(3) NOT NULL,
    update_time     timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_conditions PRIMARY KEY (condition_type, subject)
);

CREATE TABLE IF NOT EXISTS public.sdk_heartbeat (
    node_id         varchar(64)    NOT NULL,
    host_name       varchar(64)    NOT NULL,
    process_id      integer        NOT NULL,
    version         varchar(20)    NOT NULL,
    status          varchar(10)    NOT NULL,
    in_flight       integer        NOT NULL DEFAULT 0,
    completed       bigint         NOT NULL DEFAULT 0,
    start_time      timestamptz(3) NOT NULL,
    heartbeat_time  timestamptz(3) NOT NULL,
    CONSTRAINT pk_sdk_heartbeat PRIMARY KEY (node_id)
);

-- The claim reads this one from its head: only what may be taken now, in the claim's own order.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_queue
    ON public.medical_insurance_requests (queue_rank, request_id) WHERE status = 'PENDING' AND available_at IS NULL;

-- Requests that wait out a backoff; the claim wakes the ripe ones.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_backoff
    ON public.medical_insurance_requests (available_at) WHERE status = 'PENDING' AND available_at IS NOT NULL;

-- Queue order within a key: is an older request of this key still waiting?
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_key
    ON public.medical_insurance_requests (order_key, request_id) WHERE status = 'PENDING' AND order_key IS NOT NULL;

-- One live request per key: the promise of order, kept by the database whatever the bridge does.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_requests_live
    ON public.medical_insurance_requests (order_key)
    WHERE order_key IS NOT NULL AND status IN ('CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING', 'MANUAL');

-- Rescue finds leases that are over; holds only what is in flight.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_lease
    ON public.medical_insurance_requests (lease_until) WHERE status IN ('CLAIMED', 'SENDING');

-- Rescue finds what nobody took in time.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_expiry
    ON public.medical_insurance_requests (expires_at) WHERE status = 'PENDING' AND sends = 0;

-- The lists a person reads: uncertain, reversing, manual.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_unresolved
    ON public.medical_insurance_requests (status, request_id) WHERE status IN ('UNCERTAIN', 'REVERSING', 'MANUAL');

-- One request per business key: idempotent submit.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_requests_business
    ON public.medical_insurance_requests (org_code, interface_code, business_key) WHERE business_key IS NOT NULL;

INSERT INTO public.medical_insurance_counters (counter_name, counter_value)
SELECT 'msgid', 0 WHERE NOT EXISTS (SELECT 1 FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'msgid');

-- The monitor's last 24 hours.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_time
    ON public.medical_insurance_requests (create_time);

-- Result by request, one answer each.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_responses_request
    ON public.medical_insurance_responses (request_id);

-- msgid is the key of 2601 and of the 3202 result file: never twice.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_attempts_msgid
    ON public.medical_insurance_attempts (msgid);

-- All sends of one request.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_attempts_request
    ON public.medical_insurance_attempts (request_id);

COMMENT ON TABLE public.medical_insurance_schema IS 'mi-bridge 安装登记：本程序创建的对象及版本';
COMMENT ON COLUMN public.medical_insurance_schema.object_name IS '对象名称';
COMMENT ON COLUMN public.medical_insurance_schema.object_type IS '对象类型：MIGRATION 迁移，TABLE 表，VIEW 视图，ROUTINE 过程';
COMMENT ON COLUMN public.medical_insurance_schema.version IS '安装时的程序版本';
COMMENT ON COLUMN public.medical_insurance_schema.install_time IS '安装时间';

COMMENT ON TABLE public.medical_insurance_interfaces IS '医保接口目录（由程序同步，enabled 与 max_input_chars 可由管理员修改）';
COMMENT ON COLUMN public.medical_insurance_interfaces.interface_code IS '交易编号 infno';
COMMENT ON COLUMN public.medical_insurance_interfaces.interface_name IS '交易名称';
COMMENT ON COLUMN public.medical_insurance_interfaces.interface_group IS '交易分组';
COMMENT ON COLUMN public.medical_insurance_interfaces.money_class IS '资金类别：Q 查询，I 幂等上传，M 可冲正或可撤销，N 不可撤销';
COMMENT ON COLUMN public.medical_insurance_interfaces.ordered IS '1 表示同一患者按排队顺序逐笔执行';
COMMENT ON COLUMN public.medical_insurance_interfaces.enabled IS '1 启用，0 停用（停用后返回 -1006）';
COMMENT ON COLUMN public.medical_insurance_interfaces.max_input_chars IS 'input_data 最大字符数';
COMMENT ON COLUMN public.medical_insurance_interfaces.reversed_by IS '冲正该交易的交易编号，空表示不可冲正';
COMMENT ON COLUMN public.medical_insurance_interfaces.update_time IS '更新时间';

COMMENT ON TABLE public.medical_insurance_requests IS '医保请求队列';
COMMENT ON COLUMN public.medical_insurance_requests.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_requests.interface_code IS '交易编号 infno';
COMMENT ON COLUMN public.medical_insurance_requests.org_code IS '定点医药机构编号，空表示使用配置中的机构';
COMMENT ON COLUMN public.medical_insurance_requests.input_data IS '交易输入（JSON）';
COMMENT ON COLUMN public.medical_insurance_requests.status IS '内部状态';
COMMENT ON COLUMN public.medical_insurance_requests.money_class IS '提交时的资金类别';
COMMENT ON COLUMN public.medical_insurance_requests.priority IS '优先级 0（最高）至 9';
COMMENT ON COLUMN public.medical_insurance_requests.queue_rank IS '排队次序：提交毫秒数 + 优先级 × 60000，等待越久越靠前';
COMMENT ON COLUMN public.medical_insurance_requests.order_key IS '顺序键：同键请求逐笔执行';
COMMENT ON COLUMN public.medical_insurance_requests.business_key IS '业务键：同机构同接口同键只受理一次';
COMMENT ON COLUMN public.medical_insurance_requests.content_hash IS '输入内容摘要，用于识别业务键重复但内容不同';
COMMENT ON COLUMN public.medical_insurance_requests.create_time IS '提交时间';
COMMENT ON COLUMN public.medical_insurance_requests.update_time IS '最近状态变化时间';
COMMENT ON COLUMN public.medical_insurance_requests.expires_at IS '未发送的请求到此时作废';
COMMENT ON COLUMN public.medical_insurance_requests.available_at IS '退避截止时间，空表示可立即领取';
COMMENT ON COLUMN public.medical_insurance_requests.timeout_seconds IS '允许未发送的秒数';
COMMENT ON COLUMN public.medical_insurance_requests.max_retry_count IS '允许重发时的最多重发次数';
COMMENT ON COLUMN public.medical_insurance_requests.epoch IS '领取代次，旧代次的写入无效';
COMMENT ON COLUMN public.medical_insurance_requests.sends IS '可能已到达医保平台的发送次数';
COMMENT ON COLUMN public.medical_insurance_requests.tries IS '已计入重试的失败次数';
COMMENT ON COLUMN public.medical_insurance_requests.rescues IS '租约过期被收回的次数';
COMMENT ON COLUMN public.medical_insurance_requests.node_id IS '当前处理节点';
COMMENT ON COLUMN public.medical_insurance_requests.lease_until IS '租约到期时间（数据库时钟）';
COMMENT ON COLUMN public.medical_insurance_requests.insuplc_admdvs IS '参保地医保区划';
COMMENT ON COLUMN public.medical_insurance_requests.opter IS '经办人编号';
COMMENT ON COLUMN public.medical_insurance_requests.opter_name IS '经办人姓名';
COMMENT ON COLUMN public.medical_insurance_requests.opter_type IS '经办人类别：1 经办人，2 自助终端，3 移动终端';
COMMENT ON COLUMN public.medical_insurance_requests.error_code IS '错误码';
COMMENT ON COLUMN public.medical_insurance_requests.error_message IS '错误说明';

COMMENT ON TABLE public.medical_insurance_responses IS '医保应答（每个请求最多一条）';
COMMENT ON COLUMN public.medical_insurance_responses.response_id IS '应答编号';
COMMENT ON COLUMN public.medical_insurance_responses.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_responses.response_data IS '医保平台应答原文';
COMMENT ON COLUMN public.medical_insurance_responses.infcode IS '医保平台返回码，0 成功';
COMMENT ON COLUMN public.medical_insurance_responses.err_msg IS '医保平台错误信息';
COMMENT ON COLUMN public.medical_insurance_responses.outcome IS '应答判定：OK 成功，REFUSED 拒绝，SUSPICIOUS 可疑等';
COMMENT ON COLUMN public.medical_insurance_responses.msgid IS '发送方报文编号';
COMMENT ON COLUMN public.medical_insurance_responses.inf_refmsgid IS '接收方报文编号';
COMMENT ON COLUMN public.medical_insurance_responses.serial_no IS '异常流水号';
COMMENT ON COLUMN public.medical_insurance_responses.create_time IS '应答时间';

COMMENT ON TABLE public.medical_insurance_attempts IS '发送流水（只追加）：每次发送一条';
COMMENT ON COLUMN public.medical_insurance_attempts.attempt_id IS '流水编号';
COMMENT ON COLUMN public.medical_insurance_attempts.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_attempts.epoch IS '领取代次';
COMMENT ON COLUMN public.medical_insurance_attempts.kind IS '种类：original 原交易，inquiry 查询，reversal 冲正';
COMMENT ON COLUMN public.medical_insurance_attempts.msgid IS '发送方报文编号，全局唯一';
COMMENT ON COLUMN public.medical_insurance_attempts.node_id IS '发送节点';
COMMENT ON COLUMN public.medical_insurance_attempts.body_hash IS '报文 SHA-256 摘要';
COMMENT ON COLUMN public.medical_insurance_attempts.create_time IS '登记时间（M、N 类在发送前登记）';
COMMENT ON COLUMN public.medical_insurance_attempts.answer_time IS '应答或失败时间';
COMMENT ON COLUMN public.medical_insurance_attempts.outcome IS '判定结果';
COMMENT ON COLUMN public.medical_insurance_attempts.infcode IS '医保平台返回码';
COMMENT ON COLUMN public.medical_insurance_attempts.err_msg IS '医保平台错误信息';
COMMENT ON COLUMN public.medical_insurance_attempts.fault IS '传输故障代号';
COMMENT ON COLUMN public.medical_insurance_attempts.http_status IS 'HTTP 状态码';
COMMENT ON COLUMN public.medical_insurance_attempts.duration_ms IS '耗时毫秒';
COMMENT ON COLUMN public.medical_insurance_attempts.answer_data IS '未成为正式应答的应答原文（证据）';

COMMENT ON TABLE public.medical_insurance_error_log IS '错误日志（不含患者信息）';
COMMENT ON COLUMN public.medical_insurance_error_log.error_id IS '日志编号';
COMMENT ON COLUMN public.medical_insurance_error_log.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_error_log.source IS '出错的过程';
COMMENT ON COLUMN public.medical_insurance_error_log.error_code IS '错误码';
COMMENT ON COLUMN public.medical_insurance_error_log.error_message IS '错误说明';
COMMENT ON COLUMN public.medical_insurance_error_log.create_time IS '发生时间';

COMMENT ON TABLE public.medical_insurance_limits IS '限流规则，修改后立即生效';
COMMENT ON COLUMN public.medical_insurance_limits.limit_id IS '规则编号';
COMMENT ON COLUMN public.medical_insurance_limits.org_code IS '机构编号，空表示所有机构合计';
COMMENT ON COLUMN public.medical_insurance_limits.interface_code IS '交易编号，空表示所有交易合计';
COMMENT ON COLUMN public.medical_insurance_limits.max_in_flight IS '同时处理的最大请求数，空表示不限';
COMMENT ON COLUMN public.medical_insurance_limits.max_per_minute IS '每分钟最多领取数，空表示不限';
COMMENT ON COLUMN public.medical_insurance_limits.enabled IS '1 启用，0 停用';
COMMENT ON COLUMN public.medical_insurance_limits.remark IS '备注';
COMMENT ON COLUMN public.medical_insurance_limits.update_time IS '更新时间';

COMMENT ON TABLE public.medical_insurance_limit_usage IS '限流计数：每条规则每秒领取数，保留两分钟';
COMMENT ON COLUMN public.medical_insurance_limit_usage.limit_id IS '规则编号';
COMMENT ON COLUMN public.medical_insurance_limit_usage.bucket_time IS '秒';
COMMENT ON COLUMN public.medical_insurance_limit_usage.taken IS '该秒领取数';

COMMENT ON TABLE public.medical_insurance_counters IS '计数器（报文编号等）';
COMMENT ON COLUMN public.medical_insurance_counters.counter_name IS '计数器名称';
COMMENT ON COLUMN public.medical_insurance_counters.counter_value IS '当前值；msgid 为 秒数 × 10000 + 序号';

COMMENT ON TABLE public.medical_insurance_conditions IS '程序上报的持续状况（签到失败、线路熔断等），恢复后删除';
COMMENT ON COLUMN public.medical_insurance_conditions.condition_type IS '状况类型，与告警类型同名';
COMMENT ON COLUMN public.medical_insurance_conditions.subject IS '对象（节点、线路或操作员）';
COMMENT ON COLUMN public.medical_insurance_conditions.message IS '说明';
COMMENT ON COLUMN public.medical_insurance_conditions.create_time IS '开始时间';
COMMENT ON COLUMN public.medical_insurance_conditions.update_time IS '最近一次上报时间';

COMMENT ON TABLE public.sdk_heartbeat IS '节点心跳，每个节点一行';
COMMENT ON COLUMN public.sdk_heartbeat.node_id IS '节点名称';
COMMENT ON COLUMN public.sdk_heartbeat.host_name IS '主机名';
COMMENT ON COLUMN public.sdk_heartbeat.process_id IS '进程号';
COMMENT ON COLUMN public.sdk_heartbeat.version IS '程序版本';
COMMENT ON COLUMN public.sdk_heartbeat.status IS '节点状态：RUNNING 运行，STOPPING 停止中，STOPPED 已停止';
COMMENT ON COLUMN public.sdk_heartbeat.in_flight IS '正在处理的请求数';
COMMENT ON COLUMN public.sdk_heartbeat.completed IS '启动以来完成的请求数';
COMMENT ON COLUMN public.sdk_heartbeat.start_time IS '启动时间';
COMMENT ON COLUMN public.sdk_heartbeat.heartbeat_time IS '最近心跳时间';
