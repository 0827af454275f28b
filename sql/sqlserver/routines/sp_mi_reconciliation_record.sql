SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: what a reconciliation found, all of it in one transaction. A difference seen before is no new case; one that is seen no more
-- where it was looked for is marked as gone. Neither outdoes what a later run has seen.
--   @outcome: BALANCED, DIFFERS or INCOMPLETE;  @items: JSON object of
--   totals: [{first_day, last_day, org_code, insutype, clr_type, setl_optins, settlements, medfee_sumamt, fund_pay_sumamt, acct_pay, outcome,
--     message, detailed}],
--   examined: [{stmt_day, org_code, clr_type, setl_optins}], where every difference was looked for and would have been seen,
--   cases: [{case_hash, stmt_day, org_code, insutype, clr_type, setl_optins, kind, request_id, msgid, setl_id, mdtrt_id, psn_no,
--     our_medfee_sumamt, our_fund_pay_sumamt, our_acct_pay, their_medfee_sumamt, their_fund_pay_sumamt, their_acct_pay, differing,
--     their_words, found_status}]
-- Returns how many cases are new (added).
CREATE OR ALTER PROCEDURE dbo.sp_mi_reconciliation_record
    @run_id       BIGINT,
    @outcome      VARCHAR(10),
    @settlements  INT,
    @message      NVARCHAR(4000),
    @items        NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    -- as in sp_mi_submit: the settings that filtered indexes ask for
    SET ANSI_WARNINGS ON;
    SET ANSI_PADDING ON;
    SET ARITHABORT ON;
    SET CONCAT_NULL_YIELDS_NULL ON;
    SET NUMERIC_ROUNDABORT OFF;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @added INT = 0;
    DECLARE @turn BIGINT;
    DECLARE @under_way BIT = 0;
    DECLARE @found TABLE (
        case_hash CHAR(64) NOT NULL PRIMARY KEY, stmt_day DATE NOT NULL, org_code VARCHAR(12) NOT NULL, insutype NVARCHAR(10) NOT NULL,
        clr_type NVARCHAR(10) NOT NULL, setl_optins NVARCHAR(10) NOT NULL, kind VARCHAR(14) NOT NULL, request_id BIGINT NULL,
        msgid VARCHAR(30) NOT NULL, setl_id NVARCHAR(40) NOT NULL, mdtrt_id NVARCHAR(40) NOT NULL, psn_no NVARCHAR(40) NOT NULL,
        our_medfee_sumamt DECIMAL(16, 2) NULL, our_fund_pay_sumamt DECIMAL(16, 2) NULL, our_acct_pay DECIMAL(16, 2) NULL,
        their_medfee_sumamt DECIMAL(16, 2) NULL, their_fund_pay_sumamt DECIMAL(16, 2) NULL, their_acct_pay DECIMAL(16, 2) NULL,
        differing NVARCHAR(100) NOT NULL, their_words NVARCHAR(500) NOT NULL, found_status VARCHAR(10) NOT NULL);
    DECLARE @examined TABLE (stmt_day DATE NOT NULL, org_code VARCHAR(12) NOT NULL, clr_type NVARCHAR(10) NOT NULL, setl_optins NVARCHAR(10) NOT NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_reconciliation_record of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @found (
        case_hash, stmt_day, org_code, insutype, clr_type, setl_optins, kind, request_id, msgid, setl_id, mdtrt_id, psn_no, our_medfee_sumamt,
        our_fund_pay_sumamt, our_acct_pay, their_medfee_sumamt, their_fund_pay_sumamt, their_acct_pay, differing, their_words, found_status)
    SELECT i.case_hash, i.stmt_day, i.org_code, i.insutype, i.clr_type, i.setl_optins, i.kind, i.request_id, CONVERT(VARCHAR(30), i.msgid),
           LEFT(i.setl_id, 40), LEFT(i.mdtrt_id, 40), LEFT(i.psn_no, 40), i.our_medfee_sumamt, i.our_fund_pay_sumamt, i.our_acct_pay,
           i.their_medfee_sumamt, i.their_fund_pay_sumamt, i.their_acct_pay, LEFT(i.differing, 100), LEFT(i.their_words, 500), i.found_status
    FROM OPENJSON(@items, '$.cases') WITH (
        case_hash              CHAR(64)        '$.case_hash',
        stmt_day               DATE            '$.stmt_day',
        org_code               VARCHAR(12)     '$.org_code',
        insutype               NVARCHAR(10)    '$.insutype',
        clr_type               NVARCHAR(10)    '$.clr_type',
        setl_optins            NVARCHAR(10)    '$.setl_optins',
        kind                   VARCHAR(14)     '$.kind',
        request_id             BIGINT          '$.request_id',
        msgid                  NVARCHAR(MAX)   '$.msgid',
        setl_id                NVARCHAR(MAX)   '$.setl_id',
        mdtrt_id               NVARCHAR(MAX)   '$.mdtrt_id',
        psn_no                 NVARCHAR(MAX)   '$.psn_no',
        our_medfee_sumamt      DECIMAL(16, 2)  '$.our_medfee_sumamt',
        our_fund_pay_sumamt    DECIMAL(16, 2)  '$.our_fund_pay_sumamt',
        our_acct_pay           DECIMAL(16, 2)  '$.our_acct_pay',
        their_medfee_sumamt    DECIMAL(16, 2)  '$.their_medfee_sumamt',
        their_fund_pay_sumamt  DECIMAL(16, 2)  '$.their_fund_pay_sumamt',
        their_acct_pay         DECIMAL(16, 2)  '$.their_acct_pay',
        differing              NVARCHAR(MAX)   '$.differing',
        their_words            NVARCHAR(MAX)   '$.their_words',
        found_status           VARCHAR(10)     '$.found_status') AS i;
    INSERT INTO @examined (stmt_day, org_code, clr_type, setl_optins)
    SELECT i.stmt_day, i.org_code, i.clr_type, i.setl_optins
    FROM OPENJSON(@items, '$.examined') WITH (
        stmt_day     DATE          '$.stmt_day',
        org_code     VARCHAR(12)   '$.org_code',
        clr_type     NVARCHAR(10)  '$.clr_type',
        setl_optins  NVARCHAR(10)  '$.setl_optins') AS i;

    BEGIN TRANSACTION;
    -- one record at a time: two runs of one day must not wait for each other's cases crosswise
    SELECT @turn = c.counter_value
    FROM dbo.medical_insurance_counters AS c WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK)
    WHERE c.counter_name = 'settlements';
    -- a call repeated after its commit was not heard of
    SELECT @under_way = 1
    FROM dbo.medical_insurance_reconciliation_runs AS n WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK)
    WHERE n.run_id = @run_id AND n.end_time IS NULL;
    IF @under_way = 1
    BEGIN
        INSERT INTO dbo.medical_insurance_reconciliation_totals (
            run_id, first_day, last_day, org_code, insutype, clr_type, setl_optins, settlements, medfee_sumamt, fund_pay_sumamt, acct_pay, outcome,
            message, detailed, create_time)
        SELECT @run_id, i.first_day, i.last_day, i.org_code, i.insutype, i.clr_type, i.setl_optins, i.settlements, i.medfee_sumamt,
               i.fund_pay_sumamt, i.acct_pay, i.outcome, LEFT(i.message, 500), i.detailed, @local_now
        FROM OPENJSON(@items, '$.totals') WITH (
            first_day        DATE            '$.first_day',
            last_day         DATE            '$.last_day',
            org_code         VARCHAR(12)     '$.org_code',
            insutype         NVARCHAR(10)    '$.insutype',
            clr_type         NVARCHAR(10)    '$.clr_type',
            setl_optins      NVARCHAR(10)    '$.setl_optins',
            settlements      INT             '$.settlements',
            medfee_sumamt    DECIMAL(16, 2)  '$.medfee_sumamt',
            fund_pay_sumamt  DECIMAL(16, 2)  '$.fund_pay_sumamt',
            acct_pay         DECIMAL(16, 2)  '$.acct_pay',
            outcome          VARCHAR(10)     '$.outcome',
            message          NVARCHAR(MAX)   '$.message',
            detailed         SMALLINT        '$.detailed') AS i;

        INSERT INTO dbo.medical_insurance_reconciliation_cases (
            case_hash, stmt_day, org_code, insutype, clr_type, setl_optins, kind, request_id, msgid, setl_id, mdtrt_id, psn_no,
            our_medfee_sumamt, our_fund_pay_sumamt, our_acct_pay, their_medfee_sumamt, their_fund_pay_sumamt, their_acct_pay, differing,
            their_words, found_status, first_run_id, last_run_id, first_seen, last_seen)
        SELECT i.case_hash, i.stmt_day, i.org_code, i.insutype, i.clr_type, i.setl_optins, i.kind, i.request_id, i.msgid, i.setl_id,
               i.mdtrt_id, i.psn_no, i.our_medfee_sumamt, i.our_fund_pay_sumamt, i.our_acct_pay, i.their_medfee_sumamt,
               i.their_fund_pay_sumamt, i.their_acct_pay, i.differing, i.their_words, i.found_status, @run_id, @run_id, @local_now, @local_now
        FROM @found AS i
        WHERE NOT EXISTS (
            SELECT 1 FROM dbo.medical_insurance_reconciliation_cases AS k WITH (UPDLOCK, HOLDLOCK) WHERE k.case_hash = i.case_hash);
        SET @added = @@ROWCOUNT;

        UPDATE k
        SET last_run_id = @run_id, last_seen = @local_now, gone_run_id = NULL, gone_time = NULL
        FROM dbo.medical_insurance_reconciliation_cases AS k
        INNER JOIN @found AS i ON i.case_hash = k.case_hash
        WHERE k.last_run_id < @run_id AND COALESCE(k.gone_run_id, 0) < @run_id;

        UPDATE k
        SET gone_run_id = @run_id, gone_time = @local_now
        FROM dbo.medical_insurance_reconciliation_cases AS k
        INNER JOIN @examined AS i
            ON k.stmt_day = i.stmt_day AND k.org_code = i.org_code AND k.clr_type = i.clr_type AND k.setl_optins = i.setl_optins
        WHERE k.last_run_id < @run_id AND k.gone_time IS NULL;

        UPDATE n
        SET end_time = @local_now, outcome = @outcome, settlements = @settlements, message = LEFT(@message, 500),
            differences = (SELECT COUNT(*) FROM @found AS i)
        FROM dbo.medical_insurance_reconciliation_runs AS n
        WHERE n.run_id = @run_id;
    END;
    COMMIT TRANSACTION;

    SELECT @added AS added;
END;
