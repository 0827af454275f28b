SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: wait for a request queued earlier. Never raises; returns codes. Call it outside of a transaction.
--   @request_id: as sp_medical_insurance_call gave it
--   @timeout: seconds to wait, 0 to 3600, default 30; then a request nobody took yet is void, any other goes on
--   @result: the insurer's answer
--   @error_code: 0, -1001, -1004, -1005, -1007, -1009 or -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_wait
    @request_id     BIGINT,
    @timeout        INT            = 30,
    @result         NVARCHAR(MAX)  = NULL OUTPUT,
    @error_code     INT            = NULL OUTPUT,
    @error_message  NVARCHAR(500)  = NULL OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @inside BIT;
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
    BEGIN TRY
        EXEC dbo.sp_mi_await @request_id = @request_id, @timeout = @timeout, @result = @result OUTPUT, @error_code = @error_code OUTPUT,
            @error_message = @error_message OUTPUT;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        SET @error_code = -1999;
        SET @error_message = N'等待失败（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后按请求编号查询';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = @request_id, @source = N'sp_medical_insurance_wait', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
