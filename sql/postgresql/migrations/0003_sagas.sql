-- 0003: what businesses of several steps need. Runs twice without harm; never edited after a release.

CREATE TABLE IF NOT EXISTS public.medical_insurance_saga_definitions (
    saga_code        varchar(32)    NOT NULL,
    definition_hash  char(64)       NOT NULL,
    saga_name        varchar(100)   NOT NULL,
    definition       text           NOT NULL,
    active           smallint       NOT NULL DEFAULT 0,
    create_time      timestamptz(3) NOT NULL,
    update_time      timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_definitions PRIMARY KEY (saga_code, definition_hash),
    CONSTRAINT ck_medical_insurance_saga_definitions_active CHECK (active IN (0, 1))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_sagas (
    saga_id             bigint         GENERATED ALWAYS AS IDENTITY,
    saga_code           varchar(32)    NOT NULL,
    definition_hash     char(64)       NOT NULL,
    org_code            varchar(12)    NOT NULL DEFAULT '',
    business_key        varchar(64)    NULL,
    content_hash        bytea          NULL,
    input_data          text           NOT NULL,
    status              varchar(12)    NOT NULL DEFAULT 'RUNNING',
    direction           varchar(7)     NOT NULL DEFAULT 'FORWARD',
    epoch               integer        NOT NULL DEFAULT 0,
    node_id             varchar(64)    NULL,
    due_at              timestamptz(3) NULL,
    watched_request_id  bigint         NULL,
    priority            smallint       NOT NULL DEFAULT 5,
    timeout_seconds     integer        NOT NULL DEFAULT 300,
    insuplc_admdvs      varchar(6)     NOT NULL DEFAULT '',
    opter               varchar(30)    NOT NULL DEFAULT '',
    opter_name          varchar(50)    NOT NULL DEFAULT '',
    opter_type          varchar(3)     NOT NULL DEFAULT '',
    error_code          integer        NULL,
    error_message       varchar(500)   NULL,
    create_time         timestamptz(3) NOT NULL,
    update_time         timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_sagas PRIMARY KEY (saga_id),
    CONSTRAINT ck_medical_insurance_sagas_status CHECK (status IN (
        'RUNNING', 'COMPLETED', 'COMPENSATING', 'COMPENSATED', 'WAITING', 'MANUAL')),
    CONSTRAINT ck_medical_insurance_sagas_direction CHECK (direction IN ('FORWARD', 'BACK')),
    CONSTRAINT ck_medical_insurance_sagas_priority CHECK (priority BETWEEN 0 AND 9)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_saga_steps (
    saga_id         bigint         NOT NULL,
    step_order      smallint       NOT NULL,
    direction       varchar(7)     NOT NULL,
    attempt         smallint       NOT NULL DEFAULT 1,
    step_code       varchar(20)    NOT NULL,
    interface_code  varchar(10)    NOT NULL,
    request_id      bigint         NULL,
    error_message   varchar(500)   NULL,
    create_time     timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_steps PRIMARY KEY (saga_id, step_order, direction, attempt),
    CONSTRAINT ck_medical_insurance_saga_steps_direction CHECK (direction IN ('FORWARD', 'BACK'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_saga_decisions (
    decision_id  bigint         GENERATED ALWAYS AS IDENTITY,
    saga_id      bigint         NOT NULL,
    step_order   smallint       NOT NULL,
    attempt      smallint       NOT NULL,
    decision     varchar(16)    NOT NULL,
    operator     varchar(50)    NOT NULL,
    reason       varchar(500)   NOT NULL,
    create_time  timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_saga_decisions PRIMARY KEY (decision_id),
    CONSTRAINT ck_medical_insurance_saga_decisions_decision CHECK (decision IN ('RETRY', 'DONE'))
);

-- The one version of each definition that new sagas follow.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_saga_definitions_active
    ON public.medical_insurance_saga_definitions (saga_code) WHERE active = 1;

-- Sagas somebody must take up at a time: new ones at once, those a node holds when its lease is over. Nearly always empty, so that
-- a look at it between two looks at the queue costs nothing.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_sagas_due
    ON public.medical_insurance_sagas (due_at) WHERE due_at IS NOT NULL;

-- Sagas whose step is under way: the look joins each with its request and finds those whose request has ended. Holds only these.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_sagas_watched
    ON public.medical_insurance_sagas (watched_request_id) WHERE watched_request_id IS NOT NULL AND due_at IS NULL;

-- One saga per business key: idempotent submit.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_sagas_business
    ON public.medical_insurance_sagas (org_code, saga_code, business_key) WHERE business_key IS NOT NULL;

-- The list a person reads.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_sagas_manual
    ON public.medical_insurance_sagas (saga_id) WHERE status = 'MANUAL';

-- A request belongs to one step of one saga at most.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_saga_steps_request
    ON public.medical_insurance_saga_steps (request_id) WHERE request_id IS NOT NULL;

-- All decisions on one saga.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_saga_decisions_saga
    ON public.medical_insurance_saga_decisions (saga_id);

COMMENT ON TABLE public.medical_insurance_saga_definitions IS '业务流程定义的各版本（只增不改，由程序从数据文件同步）';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.saga_code IS '流程编码';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.definition_hash IS '定义内容的 SHA-256，即版本';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.saga_name IS '流程名称';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.definition IS '定义（JSON）：步骤、输入模板、撤销方式';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.active IS '1 表示新提交的流程采用此版本';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.create_time IS '首次载入时间';
COMMENT ON COLUMN public.medical_insurance_saga_definitions.update_time IS '最近启用或停用时间';

COMMENT ON TABLE public.medical_insurance_sagas IS '业务流程：跨多个接口的一次业务';
COMMENT ON COLUMN public.medical_insurance_sagas.saga_id IS '流程编号';
COMMENT ON COLUMN public.medical_insurance_sagas.saga_code IS '流程编码';
COMMENT ON COLUMN public.medical_insurance_sagas.definition_hash IS '提交时的定义版本，此后不变';
COMMENT ON COLUMN public.medical_insurance_sagas.org_code IS '定点医药机构编号，空表示使用配置中的机构';
COMMENT ON COLUMN public.medical_insurance_sagas.business_key IS '业务键：同机构同流程同键只受理一次';
COMMENT ON COLUMN public.medical_insurance_sagas.content_hash IS '输入内容摘要，用于识别业务键重复但内容不同';
COMMENT ON COLUMN public.medical_insurance_sagas.input_data IS '流程输入（JSON）';
COMMENT ON COLUMN public.medical_insurance_sagas.status IS '状态：RUNNING 进行中，WAITING 有步骤结果不确定，COMPENSATING 撤销中，COMPLETED 完成，COMPENSATED 已撤销，MANUAL 等待人工';
COMMENT ON COLUMN public.medical_insurance_sagas.direction IS '方向：FORWARD 办理，BACK 撤销；转为撤销后不再办理';
COMMENT ON COLUMN public.medical_insurance_sagas.epoch IS '领取代次，旧代次的写入无效';
COMMENT ON COLUMN public.medical_insurance_sagas.node_id IS '最近处理的节点';
COMMENT ON COLUMN public.medical_insurance_sagas.due_at IS '应处理的时间；领取后为租约到期时间；空表示无事可做或在等步骤结束';
COMMENT ON COLUMN public.medical_insurance_sagas.watched_request_id IS '正在等待其结束的步骤请求';
COMMENT ON COLUMN public.medical_insurance_sagas.priority IS '各步骤请求的优先级';
COMMENT ON COLUMN public.medical_insurance_sagas.timeout_seconds IS '每个步骤允许未发送的秒数';
COMMENT ON COLUMN public.medical_insurance_sagas.insuplc_admdvs IS '参保地医保区划';
COMMENT ON COLUMN public.medical_insurance_sagas.opter IS '经办人编号';
COMMENT ON COLUMN public.medical_insurance_sagas.opter_name IS '经办人姓名';
COMMENT ON COLUMN public.medical_insurance_sagas.opter_type IS '经办人类别';
COMMENT ON COLUMN public.medical_insurance_sagas.error_code IS '错误码';
COMMENT ON COLUMN public.medical_insurance_sagas.error_message IS '未完成的原因';
COMMENT ON COLUMN public.medical_insurance_sagas.create_time IS '提交时间';
COMMENT ON COLUMN public.medical_insurance_sagas.update_time IS '最近状态变化时间';

COMMENT ON TABLE public.medical_insurance_saga_steps IS '业务流程的步骤（只追加）：每次办理或撤销一条';
COMMENT ON COLUMN public.medical_insurance_saga_steps.saga_id IS '流程编号';
COMMENT ON COLUMN public.medical_insurance_saga_steps.step_order IS '步骤序号，从 1 起';
COMMENT ON COLUMN public.medical_insurance_saga_steps.direction IS 'FORWARD 办理，BACK 撤销';
COMMENT ON COLUMN public.medical_insurance_saga_steps.attempt IS '第几次';
COMMENT ON COLUMN public.medical_insurance_saga_steps.step_code IS '步骤编码';
COMMENT ON COLUMN public.medical_insurance_saga_steps.interface_code IS '交易编号 infno';
COMMENT ON COLUMN public.medical_insurance_saga_steps.request_id IS '该步骤的请求；空表示输入无法组成，没有提交';
COMMENT ON COLUMN public.medical_insurance_saga_steps.error_message IS '没有提交的原因';
COMMENT ON COLUMN public.medical_insurance_saga_steps.create_time IS '提交时间';

COMMENT ON TABLE public.medical_insurance_saga_decisions IS '业务流程的人工决定（只追加）';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.decision_id IS '记录编号';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.saga_id IS '流程编号';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.step_order IS '所决定的步骤序号';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.attempt IS '所决定的是第几次';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.decision IS '决定：RETRY 再次撤销，DONE 已人工撤销，继续撤销更早的步骤';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.operator IS '决定人';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.reason IS '依据';
COMMENT ON COLUMN public.medical_insurance_saga_decisions.create_time IS '决定时间';
