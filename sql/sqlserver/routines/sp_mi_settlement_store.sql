SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Bridge: enters settlements in the account, each request once, and remembers how far the answers have been read.
--   @items: JSON array of {response_id, request_id, interface_code, org_code, kind, msgid, setl_id, mdtrt_id, psn_no, insutype, clr_type,
--     clr_way, clr_optins, setl_time, medfee_sumamt, fund_pay_sumamt, acct_pay, psn_cash_pay, undoes};  @after and @upto as they were read
-- Reading goes on behind answers older than a day only: a number is given out before its transaction commits, and the newest are read again.
-- Returns how many were entered (added).
CREATE OR ALTER PROCEDURE dbo.sp_mi_settlement_store
    @items  NVARCHAR(MAX),
    @after  BIGINT,
    @upto   BIGINT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET DEADLOCK_PRIORITY LOW;  -- of HIS and the bridge, the bridge gives way and repeats
    SET LOCK_TIMEOUT 10000;
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @read_to BIGINT;
    DECLARE @added INT;
    DECLARE @batch TABLE (
        request_id BIGINT NOT NULL PRIMARY KEY, response_id BIGINT NOT NULL, interface_code VARCHAR(10) NOT NULL, org_code VARCHAR(12) NOT NULL,
        kind VARCHAR(10) NOT NULL, msgid VARCHAR(30) NOT NULL, setl_id NVARCHAR(40) NOT NULL, mdtrt_id NVARCHAR(40) NOT NULL,
        psn_no NVARCHAR(40) NOT NULL, insutype NVARCHAR(10) NOT NULL, clr_type NVARCHAR(10) NOT NULL, clr_way NVARCHAR(10) NOT NULL,
        clr_optins NVARCHAR(10) NOT NULL, setl_time DATETIME2(0) NULL, medfee_sumamt DECIMAL(16, 2) NULL, fund_pay_sumamt DECIMAL(16, 2) NULL,
        acct_pay DECIMAL(16, 2) NULL, psn_cash_pay DECIMAL(16, 2) NULL, undoes NVARCHAR(40) NOT NULL);

    IF COALESCE(ISJSON(@items), 0) = 0
        THROW 51902, N'sp_mi_settlement_store of mi-bridge: @items is not JSON.', 1;
    INSERT INTO @batch (
        request_id, response_id, interface_code, org_code, kind, msgid, setl_id, mdtrt_id, psn_no, insutype, clr_type, clr_way, clr_optins,
        setl_time, medfee_sumamt, fund_pay_sumamt, acct_pay, psn_cash_pay, undoes)
    SELECT i.request_id, i.response_id, i.interface_code, i.org_code, i.kind, CONVERT(VARCHAR(30), i.msgid), LEFT(i.setl_id, 40), LEFT(i.mdtrt_id, 40),
           LEFT(i.psn_no, 40), LEFT(i.insutype, 10), LEFT(i.clr_type, 10), LEFT(i.clr_way, 10), LEFT(i.clr_optins, 10),
           i.setl_time, i.medfee_sumamt, i.fund_pay_sumamt, i.acct_pay, i.psn_cash_pay, LEFT(i.undoes, 40)
    FROM OPENJSON(@items) WITH (
        response_id      BIGINT          '$.response_id',
        request_id       BIGINT          '$.request_id',
        interface_code   VARCHAR(10)     '$.interface_code',
        org_code         VARCHAR(12)     '$.org_code',
        kind             VARCHAR(10)     '$.kind',
        msgid            NVARCHAR(MAX)   '$.msgid',
        setl_id          NVARCHAR(MAX)   '$.setl_id',
        mdtrt_id         NVARCHAR(MAX)   '$.mdtrt_id',
        psn_no           NVARCHAR(MAX)   '$.psn_no',
        insutype         NVARCHAR(MAX)   '$.insutype',
        clr_type         NVARCHAR(MAX)   '$.clr_type',
        clr_way          NVARCHAR(MAX)   '$.clr_way',
        clr_optins       NVARCHAR(MAX)   '$.clr_optins',
        setl_time        DATETIME2(0)    '$.setl_time',
        medfee_sumamt    DECIMAL(16, 2)  '$.medfee_sumamt',
        fund_pay_sumamt  DECIMAL(16, 2)  '$.fund_pay_sumamt',
        acct_pay         DECIMAL(16, 2)  '$.acct_pay',
        psn_cash_pay     DECIMAL(16, 2)  '$.psn_cash_pay',
        undoes           NVARCHAR(MAX)   '$.undoes') AS i;

    BEGIN TRANSACTION;
    INSERT INTO dbo.medical_insurance_settlements (
        request_id, response_id, interface_code, org_code, kind, msgid, setl_id, mdtrt_id, psn_no, insutype, clr_type, clr_way, clr_optins,
        setl_time, medfee_sumamt, fund_pay_sumamt, acct_pay, psn_cash_pay, undoes, create_time)
    SELECT i.request_id, i.response_id, i.interface_code, i.org_code, i.kind, i.msgid, i.setl_id, i.mdtrt_id, i.psn_no, i.insutype, i.clr_type,
           i.clr_way, i.clr_optins, COALESCE(i.setl_time, p.create_time), i.medfee_sumamt, i.fund_pay_sumamt, i.acct_pay, i.psn_cash_pay,
           i.undoes, @local_now
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_responses AS p ON p.response_id = i.response_id
    WHERE NOT EXISTS (
        SELECT 1 FROM dbo.medical_insurance_settlements AS s WITH (UPDLOCK, HOLDLOCK) WHERE s.request_id = i.request_id);
    SET @added = @@ROWCOUNT;

    -- a refund's answer may leave out what its settlement's said
    UPDATE s
    SET insutype = CASE WHEN s.insutype = N'' THEN o.insutype ELSE s.insutype END,
        clr_type = CASE WHEN s.clr_type = N'' THEN o.clr_type ELSE s.clr_type END,
        clr_way = CASE WHEN s.clr_way = N'' THEN o.clr_way ELSE s.clr_way END,
        clr_optins = CASE WHEN s.clr_optins = N'' THEN o.clr_optins ELSE s.clr_optins END,
        psn_no = CASE WHEN s.psn_no = N'' THEN o.psn_no ELSE s.psn_no END
    FROM @batch AS i
    INNER JOIN dbo.medical_insurance_settlements AS s ON s.request_id = i.request_id
    INNER JOIN dbo.medical_insurance_settlements AS o ON o.setl_id = s.undoes AND o.org_code = s.org_code
    WHERE s.kind = 'REFUND' AND s.undoes <> N'' AND o.kind = 'SETTLEMENT'
      AND (s.insutype = N'' OR s.clr_type = N'' OR s.clr_way = N'' OR s.clr_optins = N'' OR s.psn_no = N'');

    SELECT @read_to = MAX(p.response_id)
    FROM dbo.medical_insurance_responses AS p
    WHERE p.response_id > @after AND p.response_id <= @upto AND p.create_time < DATEADD(DAY, -1, @local_now);
    UPDATE c
    SET counter_value = @read_to
    FROM dbo.medical_insurance_counters AS c
    WHERE c.counter_name = 'settlements' AND @read_to > c.counter_value;
    COMMIT TRANSACTION;

    SELECT @added AS added;
END;
