SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: take back a request that was not sent, of one that is sent in parts the parts not begun. Says so when it is too late. Never raises; returns codes.
--   @error_code: 0 cancelled, -1001 no such request, -1004 too late, -1999;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_cancel
    @request_id     BIGINT,
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
    -- a HIS transaction of a stricter level must not keep a row locked that it only looked at
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    DECLARE @rows INT;
    DECLARE @status VARCHAR(10);
    DECLARE @parts INT;
    DECLARE @begun INT;
    DECLARE @log NVARCHAR(200);

    BEGIN TRY
        UPDATE r
        SET status = 'CANCELLED', update_time = SYSDATETIME(), error_code = -1004, error_message = N'请求已取消，未发送'
        FROM dbo.medical_insurance_requests AS r
        WHERE r.request_id = @request_id AND r.status = 'PENDING' AND r.sends = 0;
        SET @rows = @@ROWCOUNT;
        SELECT @status = r.status FROM dbo.medical_insurance_requests AS r WHERE r.request_id = @request_id;
        IF @status = 'DIVIDED'
        BEGIN
            -- sent in parts: those not begun are taken back, and the rest is told
            UPDATE r
            SET status = 'CANCELLED', update_time = SYSDATETIME(), error_code = -1004, error_message = N'请求已取消，未发送'
            FROM dbo.medical_insurance_requests AS r
            WHERE r.parent_id = @request_id AND r.status = 'PENDING' AND r.sends = 0;
            SELECT @parts = SUM(CASE WHEN c.status = 'CANCELLED' THEN 1 ELSE 0 END), @begun = SUM(CASE WHEN c.status <> 'CANCELLED' THEN 1 ELSE 0 END)
            FROM dbo.medical_insurance_requests AS c
            WHERE c.parent_id = @request_id;
            SET @status = CASE @begun WHEN 0 THEN 'CANCELLED' ELSE @status END;
        END;
        SET @error_code = CASE WHEN @rows = 1 OR @status = 'CANCELLED' THEN 0 WHEN @status IS NULL THEN -1001 ELSE -1004 END;
        SET @error_message = CASE
            WHEN @rows = 1 OR @status = 'CANCELLED' THEN N''
            WHEN @status = 'DIVIDED' THEN N'不能整体取消：请求分批发送，已取消未发送的 ' + CONVERT(NVARCHAR(11), @parts) + N' 批，其余 '
                + CONVERT(NVARCHAR(11), @begun) + N' 批以结果为准，见 v_medical_insurance_parts'
            WHEN @status IS NULL THEN N'参数错误：request_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @request_id), N'NULL') + N' 的请求'
            WHEN @status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'REVERSED') THEN N'不能取消：请求已结束，请查询结果'
            ELSE N'不能取消：请求已发送或正在发送，请等待结果' END;
    END TRY
    BEGIN CATCH
        SET @log = N'error ' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N', line ' + CONVERT(NVARCHAR(11), ERROR_LINE());
        SET @error_code = -1999;
        SET @error_message = N'取消失败（' + CONVERT(NVARCHAR(11), ERROR_NUMBER()) + N'）：请稍后重试';
        IF XACT_STATE() <> -1
            EXEC dbo.sp_mi_log_error @request_id = @request_id, @source = N'sp_medical_insurance_cancel', @error_code = -1999,
                @error_message = @log;
    END CATCH;
END;
