-- 0008: what the daily jobs and the insurer's catalogues need. Runs twice without harm; never edited after a release.
-- One table for all catalogues, not one for each: HIS joins by code whatever the kind, a column more in a province's layout is no migration,
-- and the four dozen layouts of two dialects would be seven hundred columns to keep alike. What all kinds have is typed and indexed;
-- the whole row stays beside it as JSON, and views bring its columns out.

CREATE TABLE IF NOT EXISTS public.medical_insurance_job_runs (
    run_id       bigint         GENERATED ALWAYS AS IDENTITY,
    job_name     varchar(64)    NOT NULL,
    job_date     date           NOT NULL,
    node_id      varchar(64)    NOT NULL,
    outcome      varchar(10)    NOT NULL DEFAULT 'RUNNING',
    message      varchar(500)   NULL,
    start_time   timestamptz(3) NOT NULL,
    finish_time  timestamptz(3) NULL,
    CONSTRAINT pk_medical_insurance_job_runs PRIMARY KEY (run_id),
    CONSTRAINT ck_medical_insurance_job_runs_outcome CHECK (outcome IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'STOPPED'))
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_catalogue_syncs (
    catalogue     varchar(10)    NOT NULL,
    version       varchar(100)   NOT NULL,
    epoch         integer        NOT NULL DEFAULT 0,
    node_id       varchar(64)    NULL,
    source        varchar(100)   NULL,
    source_name   varchar(200)   NULL,
    source_hash   char(64)       NULL,
    source_rows   bigint         NULL,
    next_version  varchar(100)   NULL,
    loaded        bigint         NOT NULL DEFAULT 0,
    last_hash     char(64)       NULL,
    item_count    bigint         NOT NULL DEFAULT 0,
    message       varchar(500)   NULL,
    begin_time    timestamptz(3) NULL,
    finish_time   timestamptz(3) NULL,
    update_time   timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_catalogue_syncs PRIMARY KEY (catalogue)
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_catalogue_items (
    catalogue    varchar(10)    NOT NULL,
    item_key     varchar(200)   NOT NULL,
    item_code    varchar(100)   NULL,
    item_name    varchar(500)   NULL,
    pinyin       varchar(200)   NULL,
    valid_flag   varchar(10)    NULL,
    begin_date   date           NULL,
    end_date     date           NULL,
    version      varchar(100)   NULL,
    row_data     jsonb          NOT NULL,
    create_time  timestamptz(3) NOT NULL,
    update_time  timestamptz(3) NOT NULL,
    CONSTRAINT pk_medical_insurance_catalogue_items PRIMARY KEY (catalogue, item_key)
);

-- A job runs once at a time, whatever a node believes.
CREATE UNIQUE INDEX IF NOT EXISTS ux_medical_insurance_job_runs_running
    ON public.medical_insurance_job_runs (job_name) WHERE outcome = 'RUNNING';

-- A restarted node finds here that nothing is left to do today.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_job_runs_succeeded
    ON public.medical_insurance_job_runs (job_name, job_date) WHERE outcome = 'SUCCEEDED';

-- The last run of a job, for the view and for the wait after a failure.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_job_runs_job
    ON public.medical_insurance_job_runs (job_name, run_id);

-- HIS joins its own items by their code, whether it knows the catalogue or not.
CREATE INDEX IF NOT EXISTS ix_medical_insurance_catalogue_items_code
    ON public.medical_insurance_catalogue_items (item_code, catalogue);

COMMENT ON TABLE public.medical_insurance_job_runs IS '定时任务的每次运行（只追加）';
COMMENT ON COLUMN public.medical_insurance_job_runs.run_id IS '运行编号';
COMMENT ON COLUMN public.medical_insurance_job_runs.job_name IS '任务名称';
COMMENT ON COLUMN public.medical_insurance_job_runs.job_date IS '属于哪一天（当地日期）；每天只成功一次';
COMMENT ON COLUMN public.medical_insurance_job_runs.node_id IS '运行的节点';
COMMENT ON COLUMN public.medical_insurance_job_runs.outcome IS '结果：RUNNING 运行中，SUCCEEDED 成功，FAILED 失败（当天稍后重试），STOPPED 中断（由其他节点或重启后接续）';
COMMENT ON COLUMN public.medical_insurance_job_runs.message IS '摘要或失败原因';
COMMENT ON COLUMN public.medical_insurance_job_runs.start_time IS '开始时间';
COMMENT ON COLUMN public.medical_insurance_job_runs.finish_time IS '结束时间';

COMMENT ON TABLE public.medical_insurance_catalogue_syncs IS '医保目录的同步进度：每种目录一条';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.catalogue IS '目录的交易编号，如 1301';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.version IS '已完整载入的最大版本号；分页查询的目录为已取到的最大更新时间';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.epoch IS '领取代次，旧代次的写入无效';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.node_id IS '最近同步的节点';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.source IS '正在载入的文件查询号或查询起点；空表示没有未完成的载入';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.source_name IS '正在载入的文件名';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.source_hash IS '正在载入的文件的 SHA-256';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.source_rows IS '正在载入的文件的行数';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.next_version IS '载入完成后的版本号';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.loaded IS '已载入的行数；分页查询的目录为已载入的页数';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.last_hash IS '最近完整载入的文件的 SHA-256，再次收到时不重复载入';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.item_count IS '目录中的条数';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.message IS '最近一次失败的原因；空表示正常';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.begin_time IS '最近一次开始同步的时间';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.finish_time IS '最近一次同步完成的时间';
COMMENT ON COLUMN public.medical_insurance_catalogue_syncs.update_time IS '最近写入时间';

COMMENT ON TABLE public.medical_insurance_catalogue_items IS '医保目录（1301 至 1319 等下载的内容），各种目录在一张表中';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.catalogue IS '目录的交易编号，如 1301';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.item_key IS '目录内的唯一键，一般为唯一记录号';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.item_code IS '目录编码，如医疗目录编码、诊断代码';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.item_name IS '目录名称';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.pinyin IS '拼音助记码';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.valid_flag IS '有效标志，按平台下发的原值：一般 1 有效，0 无效';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.begin_date IS '开始日期';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.end_date IS '结束日期';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.version IS '版本号';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.row_data IS '平台下发的整行（JSON），键为规范中的列名；平台下发 null 的列没有键，空文字保留';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.create_time IS '首次载入时间';
COMMENT ON COLUMN public.medical_insurance_catalogue_items.update_time IS '内容最近变化时间';
