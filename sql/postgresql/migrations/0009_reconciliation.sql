-- 0009: settlements as the platform answered them, and what its books say of them. Runs twice without harm; never edited after a release.

CREATE TABLE IF NOT EXISTS public.medical_insurance_settlements (
    request_id       bigint         NOT NULL,
    response_id      bigint         NOT NULL,
    interface_code   varchar(10)    NOT NULL,
    org_code         varchar(12)    NOT NULL,
    kind             varchar(10)    NOT NULL,
    msgid            varchar(30)    NOT NULL DEFAULT '',
    setl_id          varchar(40)    NOT NULL DEFAULT '',
    mdtrt_id         varchar(40)    NOT NULL DEFAULT '',
    psn_no           varchar(40)    NOT NULL DEFAULT '',
    insutype         varchar(10)    NOT NULL DEFAULT '',
    clr_type         varchar(10)    NOT NULL DEFAULT '',
    clr_way          varchar(10)    NOT NULL DEFAULT '',
    clr_optins       varchar(10)    NOT NULL DEFAULT '',
    setl_time        timestamp(0)   NOT NULL,
    medfee_sumamt    numeric(16, 2) NULL,
    fund_pay_sumamt  numeric(16, 2) NULL,
    acct_pay         numeric(16, 2) NULL,
    psn_cash_pay     numeric(16, 2) NULL,
    undoes           varchar(40)    NOT NULL DEFAULT '',
    create_time      timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_settlements PRIMARY KEY (request_id),
    CONSTRAINT ck_medical_insurance_settlements_kind CHECK (kind IN ('SETTLEMENT', 'REFUND', 'REVERSAL'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_reconciliation_runs (
    run_id       bigint         GENERATED ALWAYS AS IDENTITY,
    node_id      varchar(64)    NOT NULL,
    first_day    date           NOT NULL,
    last_day     date           NOT NULL,
    begin_time   timestamptz(3) NOT NULL,
    end_time     timestamptz(3) NULL,
    outcome      varchar(10)    NULL,
    settlements  integer        NOT NULL DEFAULT 0,
    differences  integer        NOT NULL DEFAULT 0,
    message      varchar(500)   NOT NULL DEFAULT '',
    CONSTRAINT pk_medical_insurance_reconciliation_runs PRIMARY KEY (run_id),
    CONSTRAINT ck_medical_insurance_reconciliation_runs_outcome CHECK (outcome IN ('BALANCED', 'DIFFERS', 'INCOMPLETE'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_reconciliation_totals (
    total_id         bigint         GENERATED ALWAYS AS IDENTITY,
    run_id           bigint         NOT NULL,
    first_day        date           NOT NULL,
    last_day         date           NOT NULL,
    org_code         varchar(12)    NOT NULL,
    insutype         varchar(10)    NOT NULL,
    clr_type         varchar(10)    NOT NULL,
    setl_optins      varchar(10)    NOT NULL,
    settlements      integer        NOT NULL,
    medfee_sumamt    numeric(16, 2) NOT NULL,
    fund_pay_sumamt  numeric(16, 2) NOT NULL,
    acct_pay         numeric(16, 2) NOT NULL,
    outcome          varchar(10)    NOT NULL,
    message          varchar(500)   NOT NULL DEFAULT '',
    detailed         smallint       NOT NULL DEFAULT 0,
    create_time      timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_reconciliation_totals PRIMARY KEY (total_id),
    CONSTRAINT ck_medical_insurance_reconciliation_totals_outcome CHECK (outcome IN ('BALANCED', 'DIFFERS', 'UNKNOWN')),
    CONSTRAINT ck_medical_insurance_reconciliation_totals_detailed CHECK (detailed IN (0, 1))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_reconciliation_cases (
    case_id                bigint         GENERATED ALWAYS AS IDENTITY,
    case_hash              char(64)       NOT NULL,
    stmt_day               date           NOT NULL,
    org_code               varchar(12)    NOT NULL,
    insutype               varchar(10)    NOT NULL,
    clr_type               varchar(10)    NOT NULL,
    setl_optins            varchar(10)    NOT NULL,
    kind                   varchar(14)    NOT NULL,
    request_id             bigint         NULL,
    msgid                  varchar(30)    NOT NULL DEFAULT '',
    setl_id                varchar(40)    NOT NULL DEFAULT '',
    mdtrt_id               varchar(40)    NOT NULL DEFAULT '',
    psn_no                 varchar(40)    NOT NULL DEFAULT '',
    our_medfee_sumamt      numeric(16, 2) NULL,
    our_fund_pay_sumamt    numeric(16, 2) NULL,
    our_acct_pay           numeric(16, 2) NULL,
    their_medfee_sumamt    numeric(16, 2) NULL,
    their_fund_pay_sumamt  numeric(16, 2) NULL,
    their_acct_pay         numeric(16, 2) NULL,
    differing              varchar(100)   NOT NULL DEFAULT '',
    their_words            varchar(500)   NOT NULL DEFAULT '',
    found_status           varchar(10)    NOT NULL DEFAULT '',
    first_run_id           bigint         NOT NULL,
    last_run_id            bigint         NOT NULL,
    gone_run_id            bigint         NULL,
    first_seen             timestamptz(3) NOT NULL,
    last_seen              timestamptz(3) NOT NULL,
    gone_time              timestamptz(3) NULL,
    closed_by              varchar(50)    NULL,
    close_reason           varchar(500)   NULL,
    close_time             timestamptz(3) NULL,
    CONSTRAINT pk_medical_insurance_reconciliation_cases PRIMARY KEY (case_id),
    CONSTRAINT ck_medical_insurance_reconciliation_cases_kind CHECK (kind IN (
        'ONLY_OURS', 'ONLY_THEIRS', 'AMOUNTS_DIFFER', 'UNEXPLAINED', 'TOTALS_DIFFER', 'NOT_COMPARABLE'))
);

-- A day's settlements, by the platform's own time: the job reads what happened that day, never all of history.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_settlements_time
    ON public.medical_insurance_settlements (setl_time);

-- A refund takes what its answer leaves out from the settlement it takes back.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_settlements_setl
    ON public.medical_insurance_settlements (setl_id);

-- What 2601 has reversed does not stand, on whichever day.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_settlements_reversed
    ON public.medical_insurance_settlements (undoes) WHERE kind = 'REVERSAL';

-- Which runs and totals a day had: the report reads a few days.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_reconciliation_runs_day
    ON public.medical_insurance_reconciliation_runs (first_day);
CREATE INDEX IF NOT EXISTS ix_medical_insurance_reconciliation_totals_day
    ON public.medical_insurance_reconciliation_totals (first_day);

-- One case for one difference, however often the day is reconciled and by how many nodes at once.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_reconciliation_cases_hash
    ON public.medical_insurance_reconciliation_cases (case_hash);

-- A day's cases.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_reconciliation_cases_day
    ON public.medical_insurance_reconciliation_cases (stmt_day);

-- What waits for a person; holds only that, so that the alert costs nothing when all is settled.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_reconciliation_cases_open
    ON public.medical_insurance_reconciliation_cases (first_seen) WHERE close_time IS NULL AND gone_time IS NULL;

-- How far answers have been read for settlements.
INSERT INTO public.medical_insurance_counters (counter_name, counter_value)
SELECT 'settlements', 0 WHERE NOT EXISTS (SELECT 1 FROM public.medical_insurance_counters AS c WHERE c.counter_name = 'settlements');

COMMENT ON TABLE public.medical_insurance_settlements IS '结算台账：取自医保平台的结算应答，供对账使用';
COMMENT ON COLUMN public.medical_insurance_settlements.request_id IS '请求编号';
COMMENT ON COLUMN public.medical_insurance_settlements.response_id IS '应答编号';
COMMENT ON COLUMN public.medical_insurance_settlements.interface_code IS '交易编号 infno';
COMMENT ON COLUMN public.medical_insurance_settlements.org_code IS '定点医药机构编号';
COMMENT ON COLUMN public.medical_insurance_settlements.kind IS '种类：SETTLEMENT 结算，REFUND 结算撤销（负数），REVERSAL 冲正';
COMMENT ON COLUMN public.medical_insurance_settlements.msgid IS '发送方报文编号，即医保端的 medins_setl_id';
COMMENT ON COLUMN public.medical_insurance_settlements.setl_id IS '结算编号';
COMMENT ON COLUMN public.medical_insurance_settlements.mdtrt_id IS '就诊编号';
COMMENT ON COLUMN public.medical_insurance_settlements.psn_no IS '人员编号';
COMMENT ON COLUMN public.medical_insurance_settlements.insutype IS '险种类型';
COMMENT ON COLUMN public.medical_insurance_settlements.clr_type IS '清算类别';
COMMENT ON COLUMN public.medical_insurance_settlements.clr_way IS '清算方式';
COMMENT ON COLUMN public.medical_insurance_settlements.clr_optins IS '清算经办机构，对账时即 setl_optins';
COMMENT ON COLUMN public.medical_insurance_settlements.setl_time IS '医保平台的结算时间（平台当地时间）；应答中没有时为应答时间';
COMMENT ON COLUMN public.medical_insurance_settlements.medfee_sumamt IS '医疗费总额，空表示应答中没有';
COMMENT ON COLUMN public.medical_insurance_settlements.fund_pay_sumamt IS '基金支付总额，空表示应答中没有';
COMMENT ON COLUMN public.medical_insurance_settlements.acct_pay IS '个人账户支出，空表示应答中没有';
COMMENT ON COLUMN public.medical_insurance_settlements.psn_cash_pay IS '个人现金支出，空表示应答中没有';
COMMENT ON COLUMN public.medical_insurance_settlements.undoes IS '撤销的对象：REFUND 为原结算编号，REVERSAL 为原报文编号';
COMMENT ON COLUMN public.medical_insurance_settlements.create_time IS '入账时间';

COMMENT ON TABLE public.medical_insurance_reconciliation_runs IS '对账记录：每次对账一条';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.run_id IS '对账编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.node_id IS '执行节点';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.first_day IS '对账开始日期';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.last_day IS '对账结束日期';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.begin_time IS '开始时间';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.end_time IS '结束时间，空表示进行中或中断';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.outcome IS '结果：BALANCED 平，DIFFERS 不平，INCOMPLETE 未能完成';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.settlements IS '参加对账的结算笔数';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.differences IS '差异数';
COMMENT ON COLUMN public.medical_insurance_reconciliation_runs.message IS '说明';

COMMENT ON TABLE public.medical_insurance_reconciliation_totals IS '总账对账结果：每次对账每个险种、清算类别、经办机构一条';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.total_id IS '编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.run_id IS '对账编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.first_day IS '对账开始日期';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.last_day IS '对账结束日期';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.org_code IS '定点医药机构编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.insutype IS '险种类型';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.clr_type IS '清算类别';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.setl_optins IS '清算经办机构';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.settlements IS '本方结算笔数';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.medfee_sumamt IS '本方医疗费总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.fund_pay_sumamt IS '本方基金支付总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.acct_pay IS '本方个人账户支出';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.outcome IS '医保端对总账的结论：BALANCED 平，DIFFERS 不平，UNKNOWN 未得到答复';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.message IS '医保端的说明';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.detailed IS '1 表示已逐笔核对明细';
COMMENT ON COLUMN public.medical_insurance_reconciliation_totals.create_time IS '登记时间';

COMMENT ON TABLE public.medical_insurance_reconciliation_cases IS '对账差异：只追加，同一差异一条；人工关闭时登记结论';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.case_id IS '差异编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.case_hash IS '日期、账户、种类、对象与金额的摘要，用于识别同一差异';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.stmt_day IS '对账日期';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.org_code IS '定点医药机构编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.insutype IS '险种类型，医保端独有的明细不含险种时为空';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.clr_type IS '清算类别';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.setl_optins IS '清算经办机构';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.kind IS '种类：ONLY_OURS 仅本方有，ONLY_THEIRS 仅医保端有，AMOUNTS_DIFFER 金额不同，UNEXPLAINED 判为不平而金额相同，TOTALS_DIFFER 总账不平而明细未指出，NOT_COMPARABLE 本方缺金额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.request_id IS '本方请求编号，空表示没有这样的请求';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.msgid IS '发送方报文编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.setl_id IS '结算编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.mdtrt_id IS '就诊编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.psn_no IS '人员编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.our_medfee_sumamt IS '本方医疗费总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.our_fund_pay_sumamt IS '本方基金支付总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.our_acct_pay IS '本方个人账户支出';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.their_medfee_sumamt IS '医保端医疗费总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.their_fund_pay_sumamt IS '医保端基金支付总额';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.their_acct_pay IS '医保端个人账户支出';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.differing IS '不同的字段';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.their_words IS '医保端的说明';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.found_status IS '发现时本方请求的状态';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.first_run_id IS '首次发现的对账编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.last_run_id IS '最近一次仍有差异的对账编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.gone_run_id IS '不再有差异的对账编号';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.first_seen IS '首次发现的时间';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.last_seen IS '最近一次仍有差异的时间';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.gone_time IS '不再有差异的时间，空表示仍有';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.closed_by IS '关闭人';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.close_reason IS '关闭的依据';
COMMENT ON COLUMN public.medical_insurance_reconciliation_cases.close_time IS '关闭时间';
