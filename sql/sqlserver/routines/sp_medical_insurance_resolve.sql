SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- A named person decides on a request that waits for one (MANUAL), with a reason. Audited; software cannot take it back. Never raises.
--   @decision: EFFECTIVE (it took effect at the insurer; setl_id required for settlements), NOT_EFFECTIVE, RETRY (try the reversal again)
--   @operator: who decides, at most 50 characters;  @reason: on what ground, at most 500
--   @error_code: 0, -1001, -1004 or -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_resolve
    @request_id     BIGINT,
    @decision       NVARCHAR(200),
    @operator       NVARCHAR(200),
    @reason         NVARCHAR(4000),
    @setl_id        NVARCHAR(200)  = NULL,
    @error_code     INT            = NULL OUTPUT,
    @error_message  NVARCHAR(500)  = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    -- as in sp_mi_submit: the settings that filtered indexes ask for
    SET ANSI_WARNINGS ON;
    SET ANSI_PADDING ON;
    SET ARITHABORT ON;
    SET CONCAT_NULL_YIELDS_NULL ON;
    SET NUMERIC_ROUNDABORT OFF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @local_now DATETIME2(3) = SYSDATETIME();
    DECLARE @plain NVARCHAR(4000);
    DECLARE @faults NVARCHAR(4000) = N'';
    DECLARE @status VARCHAR(10);
    DECLARE @money_class CHAR(1);
    DECLARE @quiet_until DATETIME2(3);
    DECLARE @after VARCHAR(10);
    DECLARE @own_transaction BIT = 0;
    DECLARE @log NVARCHAR(200);

    SET @error_code = 0;
    SET @error_message = N'';
    BEGIN TRY
        -- blanks, tabs, line breaks and the full-width blank around the words
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@decision, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @decision = SUBSTRING(COALESCE(@decision, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@operator, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @operator = SUBSTRING(COALESCE(@operator, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@reason, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @reason = SUBSTRING(COALESCE(@reason, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@setl_id, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @setl_id = SUBSTRING(COALESCE(@setl_id, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        SET @decision = UPPER(@decision COLLATE Latin1_General_BIN2);
        SET @setl_id = NULLIF(@setl_id, N'');
        IF @decision NOT IN (N'EFFECTIVE', N'NOT_EFFECTIVE', N'RETRY')
            SET @faults = @faults + N'；decision：应为 EFFECTIVE（已生效）、NOT_EFFECTIVE（未生效）或 RETRY（再次冲正）';
        IF @operator = N'' OR DATALENGTH(@operator) > 100
            SET @faults = @faults + N'；operator：请填写决定人，不超过 50 个字符';
        IF @reason = N'' OR DATALENGTH(@reason) > 1000
            SET @faults = @faults + N'；reason：请填写依据，不超过 500 个字符';
        IF DATALENGTH(@setl_id) > 80
            SET @faults = @faults + N'；setl_id：不能超过 40 个字符';
        IF @faults <> N''
        BEGIN
            SET @error_code = -1001;
            SET @error_message = LEFT(N'参数错误：' + SUBSTRING(@faults, 2, 4000), 500);
            RETURN;
        END;

        IF @@TRANCOUNT = 0
        BEGIN
            SET @own_transaction = 1;
            BEGIN TRANSACTION;
        END;
        SELECT @status = r.status, @money_class = r.money_class, @quiet_until = r.quiet_until
        FROM dbo.medical_insurance_requests AS r WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
        WHERE r.request_id = @request_id;
        IF @status IS NULL
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：request_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @request_id), N'NULL') + N' 的请求';
        END
        ELSE IF @status <> 'MANUAL'
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'不能决定：请求状态为 ' + @status + N'，只有等待人工核实（MANUAL）的请求可以决定';
        END
        ELSE IF @decision = N'RETRY' AND @money_class <> 'M'
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'不能再次冲正：该交易不可冲正，请核实后选择 EFFECTIVE 或 NOT_EFFECTIVE';
        END
        ELSE IF @decision = N'NOT_EFFECTIVE' AND @quiet_until > @now
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'不能决定未生效：原报文在 '
                + CONVERT(NVARCHAR(20), CONVERT(BIGINT, CEILING(DATEDIFF_BIG(MILLISECOND, @now, @quiet_until) / 1000.0)))
                + N' 秒内仍可能生效，请届时再核实一次';
        END;

        IF @error_code = 0
        BEGIN
            SET @after = CASE @decision WHEN N'EFFECTIVE' THEN 'COMPLETED' WHEN N'NOT_EFFECTIVE' THEN 'REVERSED' ELSE 'UNCERTAIN' END;
            UPDATE r
            SET status = @after, update_time = @local_now, resolve_at = @now, resolve_tries = 0, lease_until = NULL,
                error_code = CASE @after WHEN 'COMPLETED' THEN NULL WHEN 'REVERSED' THEN -1004 ELSE -1009 END,
                error_message = CASE @after WHEN 'COMPLETED' THEN NULL WHEN 'REVERSED' THEN N'人工核实：医保端没有生效，可以重新提交'
                    ELSE N'结果不确定，系统正在核实：请勿重新提交' END
            FROM dbo.medical_insurance_requests AS r
            WHERE r.request_id = @request_id AND r.status = 'MANUAL';
            -- of two people one decides, also where hints are ignored (Babelfish)
            IF @@ROWCOUNT = 0
            BEGIN
                SET @error_code = -1004;
                SET @error_message = N'不能决定：该请求刚刚已由他人决定';
            END;
        END;
        IF @error_code = 0
        BEGIN
            INSERT INTO dbo.medical_insurance_decisions (
                request_id, decision, operator, reason, setl_id, status_before, status_after, create_time)
            VALUES (@request_id, @decision, @operator, @reason, @setl_id, @status, @after, @local_now);
            IF @after = 'COMPLETED'
                INSERT INTO dbo.medical_insurance_responses (request_id, response_data, infcode, err_msg, outcome, create_time)
                SELECT @request_id,
                       CASE WHEN @setl_id IS NULL THEN N'{"infcode":0,"output":null}'
                            ELSE JSON_MODIFY(N'{"infcode":0,"output":{"setlinfo":{"setl_id":""}}}', '$.output.setlinfo.setl_id', @setl_id) END,
                       N'0', N'人工核实：已生效', 'OK', @local_now
                WHERE NOT EXISTS (SELECT 1 FROM dbo.medical_insurance_responses AS p WHERE p.request_id = @request_id);
        END;
        IF @own_transaction = 1
            COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        -- only what was begun here is rolled back; a caller's own transaction is the caller's to end
        IF @own_transaction = 1 AND XACT_STATE() <> 0
            ROLLBACK TRANSACTION;
        SET @error_code = -1999;
        SET @error_message = N'登记失败（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后重试';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = @request_id, @source = N'sp_medical_insurance_resolve', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
