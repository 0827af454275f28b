SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: queue a request, wait for its answer up to @timeout seconds, return it. Never raises; returns codes.
-- The bridge sees a request when it is committed, so this must be called outside of a transaction.
--   @timeout: seconds, 1 to 3600, default 30;  @retry_count: 0 to 20, default 3
--   @request_id: the request, also when its answer is still due;  @result: the insurer's answer
--   @error_code: 0, -1001 to -1009 or -1999;  @error_message: in Chinese, empty with 0
--   the others as in sp_medical_insurance_call
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_call_v2
    @interface_code  NVARCHAR(50),
    @input_data      NVARCHAR(MAX),
    @timeout         INT            = 30,
    @retry_count     INT            = 3,
    @request_id      BIGINT         = NULL OUTPUT,
    @result          NVARCHAR(MAX)  = NULL OUTPUT,
    @error_code      INT            = NULL OUTPUT,
    @error_message   NVARCHAR(500)  = NULL OUTPUT,
    @org_code        NVARCHAR(50)   = NULL,
    @business_key    NVARCHAR(200)  = NULL,
    @priority        INT            = NULL,
    @serial_key      NVARCHAR(200)  = NULL,
    @insuplc_admdvs  NVARCHAR(50)   = NULL,
    @opter           NVARCHAR(200)  = NULL,
    @opter_name      NVARCHAR(200)  = NULL,
    @opter_type      NVARCHAR(50)   = NULL
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @inside BIT;
    DECLARE @log NVARCHAR(200);

    SET @request_id = NULL;
    SET @result = NULL;
    EXEC dbo.sp_mi_in_transaction @inside = @inside OUTPUT;
    IF @inside = 1
    BEGIN
        SET @error_code = -1007;
        SET @error_message = N'不能在未提交的事务中等待结果：请先提交，或改用 sp_medical_insurance_call';
        RETURN;
    END;
    -- a driver's implicit transaction must not begin here: the bridge would not see the request. Both settings end with the procedure.
    SET IMPLICIT_TRANSACTIONS OFF;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET @timeout = COALESCE(@timeout, 30);
    SET @retry_count = COALESCE(@retry_count, 3);
    BEGIN TRY
        IF NOT EXISTS (
            SELECT 1 FROM dbo.sdk_heartbeat AS h
            WHERE h.status <> 'STOPPED' AND h.heartbeat_time > DATEADD(SECOND, -30, SYSUTCDATETIME()))
        BEGIN
            SET @error_code = -1002;
            SET @error_message = N'医保接口服务未运行：请联系信息科';
            RETURN;
        END;
        EXEC dbo.sp_mi_submit @interface_code = @interface_code, @input_data = @input_data, @timeout = @timeout, @retry_count = @retry_count,
            @org_code = @org_code, @business_key = @business_key, @priority = @priority, @serial_key = @serial_key,
            @insuplc_admdvs = @insuplc_admdvs, @opter = @opter, @opter_name = @opter_name, @opter_type = @opter_type,
            @request_id = @request_id OUTPUT, @error_code = @error_code OUTPUT, @error_message = @error_message OUTPUT;
        IF @error_code <> 0
            RETURN;
        EXEC dbo.sp_mi_await @request_id = @request_id, @timeout = @timeout, @result = @result OUTPUT, @error_code = @error_code OUTPUT,
            @error_message = @error_message OUTPUT;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        SET @error_code = -1999;
        SET @error_message = N'等待失败（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后按请求编号查询';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = @request_id, @source = N'sp_medical_insurance_call_v2', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
