-- 0006: the sign-ins (9001) all nodes share, one row an operator. Runs twice without harm; never edited after a release.

CREATE TABLE IF NOT EXISTS public.medical_insurance_sign_ins (
    org_code     varchar(12)    NOT NULL,
    opter        varchar(30)    NOT NULL,
    epoch        integer        NOT NULL DEFAULT 0,
    state        varchar(10)    NOT NULL DEFAULT 'NONE',
    sign_no      varchar(30)    NULL,
    proved       smallint       NOT NULL DEFAULT 0,
    node_id      varchar(64)    NULL,
    lease_until  timestamptz(3) NULL,
    sign_time    timestamptz(3) NULL,
    valid_until  timestamptz(3) NULL,
    retry_at     timestamptz(3) NULL,
    message      varchar(500)   NULL,
    update_time  timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_sign_ins PRIMARY KEY (org_code, opter),
    CONSTRAINT ck_medical_insurance_sign_ins_proved CHECK (proved IN (0, 1)),
    CONSTRAINT ck_medical_insurance_sign_ins_state CHECK (state IN ('NONE', 'SIGNING', 'SIGNED_IN', 'FAILED', 'SIGNED_OUT'))
);

COMMENT ON TABLE public.medical_insurance_sign_ins IS '签到（9001）：每个机构的每个操作员一条，全集群共用';
COMMENT ON COLUMN public.medical_insurance_sign_ins.org_code IS '定点医药机构编号';
COMMENT ON COLUMN public.medical_insurance_sign_ins.opter IS '操作员编号';
COMMENT ON COLUMN public.medical_insurance_sign_ins.epoch IS '签到代次，旧代次的写入无效';
COMMENT ON COLUMN public.medical_insurance_sign_ins.state IS '状态：NONE 无，SIGNING 签到中，SIGNED_IN 已签到，FAILED 签到失败，SIGNED_OUT 已签退';
COMMENT ON COLUMN public.medical_insurance_sign_ins.sign_no IS '签到编号，等同令牌：不出现在任何视图和日志中';
COMMENT ON COLUMN public.medical_insurance_sign_ins.proved IS '1 表示平台已接受过此编号';
COMMENT ON COLUMN public.medical_insurance_sign_ins.node_id IS '签到的节点';
COMMENT ON COLUMN public.medical_insurance_sign_ins.lease_until IS '签到中：此后其他节点可以接手';
COMMENT ON COLUMN public.medical_insurance_sign_ins.sign_time IS '签到时间';
COMMENT ON COLUMN public.medical_insurance_sign_ins.valid_until IS '编号有效期至';
COMMENT ON COLUMN public.medical_insurance_sign_ins.retry_at IS '签到失败后，最早重试时间';
COMMENT ON COLUMN public.medical_insurance_sign_ins.message IS '签到失败的原因';
COMMENT ON COLUMN public.medical_insurance_sign_ins.update_time IS '最近状态变化时间';
