SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- A named person decides on a saga that waits for one (MANUAL), with a reason. Audited; software cannot take it back. Never raises.
--   @decision: RETRY (try the compensation again), DONE (it was undone by hand: go on with the earlier steps)
--   @operator: who decides, at most 50 characters;  @reason: on what ground, at most 500
--   @error_code: 0, -1001, -1004 or -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_saga_resolve
    @saga_id        BIGINT,
    @decision       NVARCHAR(200),
    @operator       NVARCHAR(200),
    @reason         NVARCHAR(4000),
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
    DECLARE @faults NVARCHAR(4000) = N'';
    DECLARE @status VARCHAR(12);
    DECLARE @watched BIGINT;
    DECLARE @own_transaction BIT = 0;
    DECLARE @log NVARCHAR(200);

    SET @error_code = 0;
    SET @error_message = N'';
    BEGIN TRY
        SET @decision = UPPER(LTRIM(RTRIM(COALESCE(@decision, N''))) COLLATE Latin1_General_BIN2);
        SET @operator = LTRIM(RTRIM(COALESCE(@operator, N'')));
        SET @reason = LTRIM(RTRIM(COALESCE(@reason, N'')));
        IF @decision NOT IN (N'RETRY', N'DONE')
            SET @faults = @faults + N'；decision：应为 RETRY（再次撤销）或 DONE（已人工撤销）';
        IF @operator = N'' OR DATALENGTH(@operator) > 100
            SET @faults = @faults + N'；operator：请填写决定人，不超过 50 个字符';
        IF @reason = N'' OR DATALENGTH(@reason) > 1000
            SET @faults = @faults + N'；reason：请填写依据，不超过 500 个字符';
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
        SELECT @status = s.status, @watched = s.watched_request_id
        FROM dbo.medical_insurance_sagas AS s WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
        WHERE s.saga_id = @saga_id;
        IF @status IS NULL
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：saga_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @saga_id), N'NULL') + N' 的流程';
        END
        ELSE IF @status <> 'MANUAL'
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'不能决定：流程状态为 ' + @status + N'，只有等待人工处理（MANUAL）的流程可以决定';
        END
        ELSE IF @watched IS NOT NULL
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'请先核实请求 ' + CONVERT(NVARCHAR(20), @watched)
                + N'，并用 sp_medical_insurance_resolve 登记；流程随后自动继续';
        END;

        IF @error_code = 0
        BEGIN
            INSERT INTO dbo.medical_insurance_saga_decisions (saga_id, step_order, attempt, decision, operator, reason, create_time)
            SELECT TOP (1) @saga_id, t.step_order, t.attempt, @decision, @operator, @reason, @local_now
            FROM dbo.medical_insurance_saga_steps AS t
            WHERE t.saga_id = @saga_id AND t.direction = 'BACK'
            ORDER BY t.step_order, t.attempt DESC;
            UPDATE s
            SET due_at = @now
            FROM dbo.medical_insurance_sagas AS s
            WHERE s.saga_id = @saga_id AND s.status = 'MANUAL';
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
            EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_medical_insurance_saga_resolve', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
