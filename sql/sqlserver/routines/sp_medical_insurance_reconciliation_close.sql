SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- A named person closes a difference of the reconciliation, with a reason. Audited in the case itself; nobody can take it back. Never raises.
--   @operator: who closes it, at most 50 characters;  @reason: on what ground, at most 500
--   @error_code: 0, -1001, -1004 or -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_reconciliation_close
    @case_id        BIGINT,
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
    DECLARE @plain NVARCHAR(4000);
    DECLARE @faults NVARCHAR(4000) = N'';
    DECLARE @found BIGINT;
    DECLARE @closed NVARCHAR(50);
    DECLARE @own_transaction BIT = 0;
    DECLARE @log NVARCHAR(200);

    SET @error_code = 0;
    SET @error_message = N'';
    BEGIN TRY
        -- blanks, tabs, line breaks and the full-width blank around the words
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@operator, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @operator = SUBSTRING(COALESCE(@operator, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        SET @plain = REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(@reason, N'') COLLATE Latin1_General_BIN2,
            NCHAR(9), N' '), NCHAR(10), N' '), NCHAR(13), N' '), NCHAR(12288), N' ');
        SET @reason = SUBSTRING(COALESCE(@reason, N''), LEN(@plain) - LEN(LTRIM(@plain)) + 1, LEN(LTRIM(@plain)));
        IF @operator = N'' OR DATALENGTH(@operator) > 100
            SET @faults = @faults + N'；operator：请填写关闭人，不超过 50 个字符';
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
        SELECT @found = k.case_id, @closed = k.closed_by
        FROM dbo.medical_insurance_reconciliation_cases AS k WITH (UPDLOCK, ROWLOCK, READCOMMITTEDLOCK)
        WHERE k.case_id = @case_id;
        IF @found IS NULL
        BEGIN
            SET @error_code = -1001;
            SET @error_message = N'参数错误：case_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @case_id), N'NULL') + N' 的对账差异';
        END
        ELSE IF @closed IS NOT NULL
        BEGIN
            SET @error_code = -1004;
            SET @error_message = N'不能关闭：该差异已由 ' + @closed + N' 关闭';
        END
        ELSE
            UPDATE k
            SET closed_by = @operator, close_reason = @reason, close_time = SYSDATETIME()
            FROM dbo.medical_insurance_reconciliation_cases AS k
            WHERE k.case_id = @case_id AND k.close_time IS NULL;
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
            EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_medical_insurance_reconciliation_close', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
