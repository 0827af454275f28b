SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: wait for a saga queued earlier. Never raises; returns codes. Call it outside of a transaction.
--   @saga_id: as sp_medical_insurance_saga gave it;  @timeout: seconds to wait, 0 to 3600, default 30; then the saga goes on
--   @result: the whole answer to the saga's last step; the other steps' answers stand in v_medical_insurance_result by their request_id
--   @error_code: 0, -1001, -1004, -1005, -1007, -1009 or -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_saga_wait
    @saga_id        BIGINT,
    @timeout        INT            = 30,
    @result         NVARCHAR(MAX)  = NULL OUTPUT,
    @error_code     INT            = NULL OUTPUT,
    @error_message  NVARCHAR(500)  = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @begin DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @until DATETIME2(3) = DATEADD(SECOND, CASE
        WHEN @timeout < 0 THEN 0 WHEN @timeout > 3600 THEN 3600 ELSE COALESCE(@timeout, 30) END, @begin);
    DECLARE @inside BIT;
    DECLARE @done INT = 0;
    DECLARE @quick NVARCHAR(60) = N'WAITFOR DELAY ''00:00:00.010''';
    DECLARE @gentle NVARCHAR(60) = N'WAITFOR DELAY ''00:00:00.100''';
    DECLARE @log NVARCHAR(200);

    SET @result = NULL;
    EXEC dbo.sp_mi_in_transaction @inside = @inside OUTPUT;
    IF @inside = 1
    BEGIN
        SET @error_code = -1007;
        SET @error_message = N'不能在未提交的事务中等待结果：请先提交，提交后再等待';
        RETURN;
    END;
    -- a driver's implicit transaction must not begin here: the caller would wait inside it. Both settings end with the procedure.
    SET IMPLICIT_TRANSACTIONS OFF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    -- Babelfish refuses a procedure with WAITFOR in its text and has PostgreSQL's own sleep: so both are texts
    IF SERVERPROPERTY('Babelfish') IS NOT NULL
    BEGIN
        SET @quick = N'EXECUTE pg_sleep 0.010';
        SET @gentle = N'EXECUTE pg_sleep 0.100';
    END;
    BEGIN TRY
        WHILE 1 = 1
        BEGIN
            EXEC dbo.sp_mi_saga_peek @saga_id = @saga_id, @done = @done OUTPUT, @result = @result OUTPUT,
                @error_code = @error_code OUTPUT, @error_message = @error_message OUTPUT;
            IF @done = 1 OR SYSUTCDATETIME() >= @until
                BREAK;
            -- quick while a person stands at the window, gentle when it takes long
            IF SYSUTCDATETIME() >= DATEADD(SECOND, 5, @begin)
                SET @quick = @gentle;
            EXEC sys.sp_executesql @quick;
        END;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        SET @error_code = -1999;
        SET @error_message = N'等待失败（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后按流程编号查询';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = NULL, @source = N'sp_medical_insurance_saga_wait', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
