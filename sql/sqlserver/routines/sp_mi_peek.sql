SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- What HIS may know of one request now. Returns nothing but its outputs.
--   @done: 1 when nothing more will come without a person;  @result: the insurer's answer, NULL while there is none
--   @error_code: 0, -1001, -1004, -1005 or -1009;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_peek
    @request_id     BIGINT,
    @done           INT            OUTPUT,
    @result         NVARCHAR(MAX)  OUTPUT,
    @error_code     INT            OUTPUT,
    @error_message  NVARCHAR(500)  OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @status VARCHAR(10);
    DECLARE @row_code INT;
    DECLARE @row_message NVARCHAR(500);

    SET @result = NULL;
    SELECT @status = r.status, @row_code = r.error_code, @row_message = r.error_message
    FROM dbo.medical_insurance_requests AS r
    WHERE r.request_id = @request_id;
    IF @status IS NULL
    BEGIN
        SET @done = 1;
        SET @error_code = -1001;
        SET @error_message = N'参数错误：request_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @request_id), N'NULL') + N' 的请求';
        RETURN;
    END;
    IF @status = 'DIVIDED'
    BEGIN
        -- of a request in parts the part in doubt speaks, one at most
        SET @row_code = NULL;
        SET @row_message = NULL;
        -- COALESCE would ask twice
        SET @status = ISNULL((
            SELECT TOP (1) c.status
            FROM dbo.medical_insurance_requests AS c
            WHERE c.parent_id = @request_id AND c.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL')), 'DIVIDED');
    END;
    SET @done = CASE WHEN @status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED', 'MANUAL') THEN 1 ELSE 0 END;
    SET @error_code = CASE @status
        WHEN 'COMPLETED' THEN 0
        WHEN 'ERROR' THEN COALESCE(@row_code, -1004)
        WHEN 'CANCELLED' THEN -1004
        WHEN 'REVERSED' THEN -1004
        WHEN 'UNCERTAIN' THEN -1009
        WHEN 'REVERSING' THEN -1009
        WHEN 'MANUAL' THEN -1009
        ELSE -1005 END;
    SET @error_message = CASE @status
        WHEN 'COMPLETED' THEN N''
        WHEN 'ERROR' THEN COALESCE(@row_message, N'处理失败')
        WHEN 'CANCELLED' THEN N'请求已取消，未发送'
        WHEN 'REVERSED' THEN N'结果曾不确定，已冲正：医保端没有生效，可以重新提交'
        WHEN 'UNCERTAIN' THEN N'结果不确定，系统正在核实：请勿重新提交，稍后按请求编号查询'
        WHEN 'REVERSING' THEN N'结果不确定，系统正在冲正：请勿重新提交，稍后按请求编号查询'
        WHEN 'MANUAL' THEN N'结果不确定，等待人工核实：请勿重新提交，请联系医保办'
        WHEN 'TIMEOUT' THEN N'超时未发送，请求已作废：可以重新提交'
        WHEN 'DIVIDED' THEN N'正在分批办理，尚未全部结束：请稍后按请求编号查询，各批见 v_medical_insurance_parts'
        ELSE N'尚无结果：请稍后按请求编号查询' END;
    IF @status IN ('COMPLETED', 'ERROR')
        SELECT @result = p.response_data
        FROM dbo.medical_insurance_responses AS p
        WHERE p.request_id = @request_id;
END;
