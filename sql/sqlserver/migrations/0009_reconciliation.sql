-- 0009: settlements as the platform answered them, and what its books say of them. Runs twice without harm; never edited after a release.
-- Local time, as people read it, in every column; setl_time is the platform's own.
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
GO

IF OBJECT_ID(N'dbo.medical_insurance_settlements', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_settlements (
    request_id       BIGINT          NOT NULL,
    response_id      BIGINT          NOT NULL,
    interface_code   VARCHAR(10)     NOT NULL,
    org_code         VARCHAR(12)     NOT NULL,
    kind             VARCHAR(10)     NOT NULL,
    msgid            VARCHAR(30)     NOT NULL CONSTRAINT df_medical_insurance_settlements_msgid DEFAULT '',
    setl_id          NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_settlements_setl_id DEFAULT N'',
    mdtrt_id         NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_settlements_mdtrt_id DEFAULT N'',
    psn_no           NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_settlements_psn_no DEFAULT N'',
    insutype         NVARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_settlements_insutype DEFAULT N'',
    clr_type         NVARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_settlements_clr_type DEFAULT N'',
    clr_way          NVARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_settlements_clr_way DEFAULT N'',
    clr_optins       NVARCHAR(10)    NOT NULL CONSTRAINT df_medical_insurance_settlements_clr_optins DEFAULT N'',
    setl_time        DATETIME2(0)    NOT NULL,
    medfee_sumamt    DECIMAL(16, 2)  NULL,
    fund_pay_sumamt  DECIMAL(16, 2)  NULL,
    acct_pay         DECIMAL(16, 2)  NULL,
    psn_cash_pay     DECIMAL(16, 2)  NULL,
    undoes           NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_settlements_undoes DEFAULT N'',
    create_time      DATETIME2(3)    NOT NULL,
    CONSTRAINT pk_medical_insurance_settlements PRIMARY KEY (request_id),
    CONSTRAINT ck_medical_insurance_settlements_kind CHECK (kind IN ('SETTLEMENT', 'REFUND', 'REVERSAL'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_reconciliation_runs', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_reconciliation_runs (
    run_id       BIGINT         IDENTITY(1, 1) NOT NULL,
    node_id      NVARCHAR(64)   NOT NULL,
    first_day    DATE           NOT NULL,
    last_day     DATE           NOT NULL,
    begin_time   DATETIME2(3)   NOT NULL,
    end_time     DATETIME2(3)   NULL,
    outcome      VARCHAR(10)    NULL,
    settlements  INT            NOT NULL CONSTRAINT df_medical_insurance_reconciliation_runs_settlements DEFAULT 0,
    differences  INT            NOT NULL CONSTRAINT df_medical_insurance_reconciliation_runs_differences DEFAULT 0,
    message      NVARCHAR(500)  NOT NULL CONSTRAINT df_medical_insurance_reconciliation_runs_message DEFAULT N'',
    CONSTRAINT pk_medical_insurance_reconciliation_runs PRIMARY KEY (run_id),
    CONSTRAINT ck_medical_insurance_reconciliation_runs_outcome CHECK (outcome IN ('BALANCED', 'DIFFERS', 'INCOMPLETE'))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_reconciliation_totals', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_reconciliation_totals (
    total_id         BIGINT          IDENTITY(1, 1) NOT NULL,
    run_id           BIGINT          NOT NULL,
    first_day        DATE            NOT NULL,
    last_day         DATE            NOT NULL,
    org_code         VARCHAR(12)     NOT NULL,
    insutype         NVARCHAR(10)    NOT NULL,
    clr_type         NVARCHAR(10)    NOT NULL,
    setl_optins      NVARCHAR(10)    NOT NULL,
    settlements      INT             NOT NULL,
    medfee_sumamt    DECIMAL(16, 2)  NOT NULL,
    fund_pay_sumamt  DECIMAL(16, 2)  NOT NULL,
    acct_pay         DECIMAL(16, 2)  NOT NULL,
    outcome          VARCHAR(10)     NOT NULL,
    message          NVARCHAR(500)   NOT NULL CONSTRAINT df_medical_insurance_reconciliation_totals_message DEFAULT N'',
    detailed         SMALLINT        NOT NULL CONSTRAINT df_medical_insurance_reconciliation_totals_detailed DEFAULT 0,
    create_time      DATETIME2(3)    NOT NULL,
    CONSTRAINT pk_medical_insurance_reconciliation_totals PRIMARY KEY (total_id),
    CONSTRAINT ck_medical_insurance_reconciliation_totals_outcome CHECK (outcome IN ('BALANCED', 'DIFFERS', 'UNKNOWN')),
    CONSTRAINT ck_medical_insurance_reconciliation_totals_detailed CHECK (detailed IN (0, 1))
);
GO

IF OBJECT_ID(N'dbo.medical_insurance_reconciliation_cases', N'U') IS NULL
CREATE TABLE dbo.medical_insurance_reconciliation_cases (
    case_id                BIGINT          IDENTITY(1, 1) NOT NULL,
    case_hash              CHAR(64)        NOT NULL,
    stmt_day               DATE            NOT NULL,
    org_code               VARCHAR(12)     NOT NULL,
    insutype               NVARCHAR(10)    NOT NULL,
    clr_type               NVARCHAR(10)    NOT NULL,
    setl_optins            NVARCHAR(10)    NOT NULL,
    kind                   VARCHAR(14)     NOT NULL,
    request_id             BIGINT          NULL,
    msgid                  VARCHAR(30)     NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_msgid DEFAULT '',
    setl_id                NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_setl_id DEFAULT N'',
    mdtrt_id               NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_mdtrt_id DEFAULT N'',
    psn_no                 NVARCHAR(40)    NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_psn_no DEFAULT N'',
    our_medfee_sumamt      DECIMAL(16, 2)  NULL,
    our_fund_pay_sumamt    DECIMAL(16, 2)  NULL,
    our_acct_pay           DECIMAL(16, 2)  NULL,
    their_medfee_sumamt    DECIMAL(16, 2)  NULL,
    their_fund_pay_sumamt  DECIMAL(16, 2)  NULL,
    their_acct_pay         DECIMAL(16, 2)  NULL,
    differing              NVARCHAR(100)   NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_differing DEFAULT N'',
    their_words            NVARCHAR(500)   NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_their_words DEFAULT N'',
    found_status           VARCHAR(10)     NOT NULL CONSTRAINT df_medical_insurance_reconciliation_cases_found_status DEFAULT '',
    first_run_id           BIGINT          NOT NULL,
    last_run_id            BIGINT          NOT NULL,
    gone_run_id            BIGINT          NULL,
    first_seen             DATETIME2(3)    NOT NULL,
    last_seen              DATETIME2(3)    NOT NULL,
    gone_time              DATETIME2(3)    NULL,
    closed_by              NVARCHAR(50)    NULL,
    close_reason           NVARCHAR(500)   NULL,
    close_time             DATETIME2(3)    NULL,
    CONSTRAINT pk_medical_insurance_reconciliation_cases PRIMARY KEY (case_id),
    CONSTRAINT ck_medical_insurance_reconciliation_cases_kind CHECK (kind IN (
        'ONLY_OURS', 'ONLY_THEIRS', 'AMOUNTS_DIFFER', 'UNEXPLAINED', 'TOTALS_DIFFER', 'NOT_COMPARABLE'))
);
GO

-- Indexes are made once, as in 0001: before this migration is registered as done, each is dropped and made again.
IF NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_schema AS s WHERE s.object_name = N'0009_reconciliation' AND s.object_type = 'MIGRATION')
BEGIN
    -- A day's settlements, by the platform's own time: the job reads what happened that day, never all of history.
    DROP INDEX IF EXISTS ix_medical_insurance_settlements_time ON dbo.medical_insurance_settlements;
    CREATE INDEX ix_medical_insurance_settlements_time
        ON dbo.medical_insurance_settlements (setl_time);

    -- A refund takes what its answer leaves out from the settlement it takes back.
    DROP INDEX IF EXISTS ix_medical_insurance_settlements_setl ON dbo.medical_insurance_settlements;
    CREATE INDEX ix_medical_insurance_settlements_setl
        ON dbo.medical_insurance_settlements (setl_id);

    -- What 2601 has reversed does not stand, on whichever day.
    DROP INDEX IF EXISTS ix_medical_insurance_settlements_reversed ON dbo.medical_insurance_settlements;
    CREATE INDEX ix_medical_insurance_settlements_reversed
        ON dbo.medical_insurance_settlements (undoes) WHERE kind = 'REVERSAL';

    -- Which runs and totals a day had: the report reads a few days.
    DROP INDEX IF EXISTS ix_medical_insurance_reconciliation_runs_day ON dbo.medical_insurance_reconciliation_runs;
    CREATE INDEX ix_medical_insurance_reconciliation_runs_day
        ON dbo.medical_insurance_reconciliation_runs (first_day);

    DROP INDEX IF EXISTS ix_medical_insurance_reconciliation_totals_day ON dbo.medical_insurance_reconciliation_totals;
    CREATE INDEX ix_medical_insurance_reconciliation_totals_day
        ON dbo.medical_insurance_reconciliation_totals (first_day);

    -- One case for one difference, however often the day is reconciled and by how many nodes at once.
    DROP INDEX IF EXISTS ux_medical_insurance_reconciliation_cases_hash ON dbo.medical_insurance_reconciliation_cases;
    CREATE UNIQUE INDEX ux_medical_insurance_reconciliation_cases_hash
        ON dbo.medical_insurance_reconciliation_cases (case_hash);

    -- A day's cases.
    DROP INDEX IF EXISTS ix_medical_insurance_reconciliation_cases_day ON dbo.medical_insurance_reconciliation_cases;
    CREATE INDEX ix_medical_insurance_reconciliation_cases_day
        ON dbo.medical_insurance_reconciliation_cases (stmt_day);

    -- What waits for a person; holds only that, so that the alert costs nothing when all is settled.
    DROP INDEX IF EXISTS ix_medical_insurance_reconciliation_cases_open ON dbo.medical_insurance_reconciliation_cases;
    CREATE INDEX ix_medical_insurance_reconciliation_cases_open
        ON dbo.medical_insurance_reconciliation_cases (first_seen) WHERE close_time IS NULL AND gone_time IS NULL;
END;
GO

-- How far answers have been read for settlements.
INSERT INTO dbo.medical_insurance_counters (counter_name, counter_value)
SELECT 'settlements', 0 WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_counters AS c WHERE c.counter_name = 'settlements');
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
    (N'medical_insurance_settlements', NULL, N'结算台账：取自医保平台的结算应答，供对账使用'),
    (N'medical_insurance_settlements', N'request_id', N'请求编号'),
    (N'medical_insurance_settlements', N'response_id', N'应答编号'),
    (N'medical_insurance_settlements', N'interface_code', N'交易编号 infno'),
    (N'medical_insurance_settlements', N'org_code', N'定点医药机构编号'),
    (N'medical_insurance_settlements', N'kind', N'种类：SETTLEMENT 结算，REFUND 结算撤销（负数），REVERSAL 冲正'),
    (N'medical_insurance_settlements', N'msgid', N'发送方报文编号，即医保端的 medins_setl_id'),
    (N'medical_insurance_settlements', N'setl_id', N'结算编号'),
    (N'medical_insurance_settlements', N'mdtrt_id', N'就诊编号'),
    (N'medical_insurance_settlements', N'psn_no', N'人员编号'),
    (N'medical_insurance_settlements', N'insutype', N'险种类型'),
    (N'medical_insurance_settlements', N'clr_type', N'清算类别'),
    (N'medical_insurance_settlements', N'clr_way', N'清算方式'),
    (N'medical_insurance_settlements', N'clr_optins', N'清算经办机构，对账时即 setl_optins'),
    (N'medical_insurance_settlements', N'setl_time', N'医保平台的结算时间（平台当地时间）；应答中没有时为应答时间'),
    (N'medical_insurance_settlements', N'medfee_sumamt', N'医疗费总额，空表示应答中没有'),
    (N'medical_insurance_settlements', N'fund_pay_sumamt', N'基金支付总额，空表示应答中没有'),
    (N'medical_insurance_settlements', N'acct_pay', N'个人账户支出，空表示应答中没有'),
    (N'medical_insurance_settlements', N'psn_cash_pay', N'个人现金支出，空表示应答中没有'),
    (N'medical_insurance_settlements', N'undoes', N'撤销的对象：REFUND 为原结算编号，REVERSAL 为原报文编号'),
    (N'medical_insurance_settlements', N'create_time', N'入账时间'),
    (N'medical_insurance_reconciliation_runs', NULL, N'对账记录：每次对账一条'),
    (N'medical_insurance_reconciliation_runs', N'run_id', N'对账编号'),
    (N'medical_insurance_reconciliation_runs', N'node_id', N'执行节点'),
    (N'medical_insurance_reconciliation_runs', N'first_day', N'对账开始日期'),
    (N'medical_insurance_reconciliation_runs', N'last_day', N'对账结束日期'),
    (N'medical_insurance_reconciliation_runs', N'begin_time', N'开始时间'),
    (N'medical_insurance_reconciliation_runs', N'end_time', N'结束时间，空表示进行中或中断'),
    (N'medical_insurance_reconciliation_runs', N'outcome', N'结果：BALANCED 平，DIFFERS 不平，INCOMPLETE 未能完成'),
    (N'medical_insurance_reconciliation_runs', N'settlements', N'参加对账的结算笔数'),
    (N'medical_insurance_reconciliation_runs', N'differences', N'差异数'),
    (N'medical_insurance_reconciliation_runs', N'message', N'说明'),
    (N'medical_insurance_reconciliation_totals', NULL, N'总账对账结果：每次对账每个险种、清算类别、经办机构一条'),
    (N'medical_insurance_reconciliation_totals', N'total_id', N'编号'),
    (N'medical_insurance_reconciliation_totals', N'run_id', N'对账编号'),
    (N'medical_insurance_reconciliation_totals', N'first_day', N'对账开始日期'),
    (N'medical_insurance_reconciliation_totals', N'last_day', N'对账结束日期'),
    (N'medical_insurance_reconciliation_totals', N'org_code', N'定点医药机构编号'),
    (N'medical_insurance_reconciliation_totals', N'insutype', N'险种类型'),
    (N'medical_insurance_reconciliation_totals', N'clr_type', N'清算类别'),
    (N'medical_insurance_reconciliation_totals', N'setl_optins', N'清算经办机构'),
    (N'medical_insurance_reconciliation_totals', N'settlements', N'本方结算笔数'),
    (N'medical_insurance_reconciliation_totals', N'medfee_sumamt', N'本方医疗费总额'),
    (N'medical_insurance_reconciliation_totals', N'fund_pay_sumamt', N'本方基金支付总额'),
    (N'medical_insurance_reconciliation_totals', N'acct_pay', N'本方个人账户支出'),
    (N'medical_insurance_reconciliation_totals', N'outcome', N'医保端对总账的结论：BALANCED 平，DIFFERS 不平，UNKNOWN 未得到答复'),
    (N'medical_insurance_reconciliation_totals', N'message', N'医保端的说明'),
    (N'medical_insurance_reconciliation_totals', N'detailed', N'1 表示已逐笔核对明细'),
    (N'medical_insurance_reconciliation_totals', N'create_time', N'登记时间'),
    (N'medical_insurance_reconciliation_cases', NULL, N'对账差异：只追加，同一差异一条；人工关闭时登记结论'),
    (N'medical_insurance_reconciliation_cases', N'case_id', N'差异编号'),
    (N'medical_insurance_reconciliation_cases', N'case_hash', N'日期、账户、种类、对象与金额的摘要，用于识别同一差异'),
    (N'medical_insurance_reconciliation_cases', N'stmt_day', N'对账日期'),
    (N'medical_insurance_reconciliation_cases', N'org_code', N'定点医药机构编号'),
    (N'medical_insurance_reconciliation_cases', N'insutype', N'险种类型，医保端独有的明细不含险种时为空'),
    (N'medical_insurance_reconciliation_cases', N'clr_type', N'清算类别'),
    (N'medical_insurance_reconciliation_cases', N'setl_optins', N'清算经办机构'),
    (N'medical_insurance_reconciliation_cases', N'kind', N'种类：ONLY_OURS 仅本方有，ONLY_THEIRS 仅医保端有，AMOUNTS_DIFFER 金额不同，UNEXPLAINED 判为不平而金额相同，TOTALS_DIFFER 总账不平而明细未指出，NOT_COMPARABLE 本方缺金额'),
    (N'medical_insurance_reconciliation_cases', N'request_id', N'本方请求编号，空表示没有这样的请求'),
    (N'medical_insurance_reconciliation_cases', N'msgid', N'发送方报文编号'),
    (N'medical_insurance_reconciliation_cases', N'setl_id', N'结算编号'),
    (N'medical_insurance_reconciliation_cases', N'mdtrt_id', N'就诊编号'),
    (N'medical_insurance_reconciliation_cases', N'psn_no', N'人员编号'),
    (N'medical_insurance_reconciliation_cases', N'our_medfee_sumamt', N'本方医疗费总额'),
    (N'medical_insurance_reconciliation_cases', N'our_fund_pay_sumamt', N'本方基金支付总额'),
    (N'medical_insurance_reconciliation_cases', N'our_acct_pay', N'本方个人账户支出'),
    (N'medical_insurance_reconciliation_cases', N'their_medfee_sumamt', N'医保端医疗费总额'),
    (N'medical_insurance_reconciliation_cases', N'their_fund_pay_sumamt', N'医保端基金支付总额'),
    (N'medical_insurance_reconciliation_cases', N'their_acct_pay', N'医保端个人账户支出'),
    (N'medical_insurance_reconciliation_cases', N'differing', N'不同的字段'),
    (N'medical_insurance_reconciliation_cases', N'their_words', N'医保端的说明'),
    (N'medical_insurance_reconciliation_cases', N'found_status', N'发现时本方请求的状态'),
    (N'medical_insurance_reconciliation_cases', N'first_run_id', N'首次发现的对账编号'),
    (N'medical_insurance_reconciliation_cases', N'last_run_id', N'最近一次仍有差异的对账编号'),
    (N'medical_insurance_reconciliation_cases', N'gone_run_id', N'不再有差异的对账编号'),
    (N'medical_insurance_reconciliation_cases', N'first_seen', N'首次发现的时间'),
    (N'medical_insurance_reconciliation_cases', N'last_seen', N'最近一次仍有差异的时间'),
    (N'medical_insurance_reconciliation_cases', N'gone_time', N'不再有差异的时间，空表示仍有'),
    (N'medical_insurance_reconciliation_cases', N'closed_by', N'关闭人'),
    (N'medical_insurance_reconciliation_cases', N'close_reason', N'关闭的依据'),
    (N'medical_insurance_reconciliation_cases', N'close_time', N'关闭时间');

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
