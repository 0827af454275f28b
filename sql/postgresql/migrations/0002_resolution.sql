-- 0002: what the resolution of uncertain requests needs. Runs twice without harm; never edited after a release.

ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS quiet_until timestamptz(3) NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS resolve_at timestamptz(3) NULL;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS resolve_epoch integer NOT NULL DEFAULT 0;
ALTER TABLE public.medical_insurance_requests ADD COLUMN IF NOT EXISTS resolve_tries integer NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS public.medical_insurance_decisions (
    decision_id    bigint         GENERATED ALWAYS AS IDENTITY,
    request_id     bigint         NOT NULL,
    decision       varchar(16)    NOT NULL,
    operator       varchar(50)    NOT NULL,
    reason         varchar(500)   NOT NULL,
    setl_id        varchar(40)    NULL,
    status_before  varchar(10)    NOT NULL,
    status_after   varchar(10)    NOT NULL,
    create_time    timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_decisions PRIMARY KEY (decision_id),
    CONSTRAINT ck_medical_insurance_decisions_decision CHECK (decision IN ('EFFECTIVE', 'NOT_EFFECTIVE', 'RETRY'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_terms (
    job_name    varchar(64)    NOT NULL,
    node_id     varchar(64)    NOT NULL,
    term_until  timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_terms PRIMARY KEY (job_name)
);

-- The resolver finds what is due; holds only what is unresolved.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_requests_resolve
    ON public.medical_insurance_requests (resolve_at) WHERE status IN ('UNCERTAIN', 'REVERSING');

-- All decisions on one request.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_decisions_request
    ON public.medical_insurance_decisions (request_id);

-- What was uncertain before this migration has no times yet: due at once, and an absence is not believed within the hour.
UPDATE public.medical_insurance_requests
SET quiet_until = clock_timestamp() + interval '1 hour', resolve_at = clock_timestamp()
WHERE status = 'UNCERTAIN' AND resolve_at IS NULL;

COMMENT ON COLUMN public.medical_insurance_requests.quiet_until IS '静默期结束时间：此后“无原交易”的冲正答复才可信';
COMMENT ON COLUMN public.medical_insurance_requests.resolve_at IS '下一次核实的时间';
COMMENT ON COLUMN public.medical_insurance_requests.resolve_epoch IS '核实代次，旧代次的写入无效';
COMMENT ON COLUMN public.medical_insurance_requests.resolve_tries IS '已进行的冲正次数';

COMMENT ON TABLE public.medical_insurance_terms IS '全集群只运行一次的任务由谁负责';
COMMENT ON COLUMN public.medical_insurance_terms.job_name IS '任务名称';
COMMENT ON COLUMN public.medical_insurance_terms.node_id IS '负责节点';
COMMENT ON COLUMN public.medical_insurance_terms.term_until IS '任期截止时间（数据库时钟）';

COMMENT ON TABLE public.medical_insurance_decisions IS '人工核实记录（只追加）';
COMMENT ON COLUMN public.medical_insurance_decisions.decision_id IS '记录编号';
COMMENT ON COLUMN public.medical_insurance_decisions.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_decisions.decision IS '决定：EFFECTIVE 已生效，NOT_EFFECTIVE 未生效，RETRY 再次冲正';
COMMENT ON COLUMN public.medical_insurance_decisions.operator IS '决定人';
COMMENT ON COLUMN public.medical_insurance_decisions.reason IS '依据';
COMMENT ON COLUMN public.medical_insurance_decisions.setl_id IS '医保端结算编号（已生效时）';
COMMENT ON COLUMN public.medical_insurance_decisions.status_before IS '决定前状态';
COMMENT ON COLUMN public.medical_insurance_decisions.status_after IS '决定后状态';
COMMENT ON COLUMN public.medical_insurance_decisions.create_time IS '决定时间';
