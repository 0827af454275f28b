SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- What HIS may know of one saga now. Returns nothing but its outputs.
--   @done: 1 when nothing more will come without a person;  @result: the answer to its last step, NULL while there is none
--   @error_code: 0, -1001, -1004, -1005 or -1009;  @error_message: in Chinese, empty with 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_saga_peek
    @saga_id        BIGINT,
    @done           INT            OUTPUT,
    @result         NVARCHAR(MAX)  OUTPUT,
    @error_code     INT            OUTPUT,
    @error_message  NVARCHAR(500)  OUTPUT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @status VARCHAR(12);
    DECLARE @row_message NVARCHAR(500);

    SET @result = NULL;
    SELECT @status = s.status, @row_message = s.error_message
    FROM dbo.medical_insurance_sagas AS s
    WHERE s.saga_id = @saga_id;
    IF @status IS NULL
    BEGIN
        SET @done = 1;
        SET @error_code = -1001;
        SET @error_message = N'参数错误：saga_id：没有编号为 ' + COALESCE(CONVERT(NVARCHAR(20), @saga_id), N'NULL') + N' 的流程';
        RETURN;
    END;
    SET @done = CASE WHEN @status IN ('COMPLETED', 'COMPENSATED', 'MANUAL') THEN 1 ELSE 0 END;
    SET @error_code = CASE @status WHEN 'COMPLETED' THEN 0 WHEN 'COMPENSATED' THEN -1004 WHEN 'MANUAL' THEN -1009
        WHEN 'WAITING' THEN -1009 ELSE -1005 END;
    SET @error_message = LEFT(CASE @status
        WHEN 'COMPLETED' THEN N''
        WHEN 'COMPENSATED' THEN COALESCE(@row_message, N'未完成') + N'。已办步骤均已撤销，可以重新提交'
        WHEN 'MANUAL' THEN COALESCE(@row_message, N'撤销未完成') + N'。等待人工处理：请勿重新提交，请联系医保办'
        WHEN 'WAITING' THEN N'有步骤结果不确定，系统正在核实：请勿重新提交，稍后按流程编号查询'
        WHEN 'COMPENSATING' THEN COALESCE(@row_message, N'未完成') + N'。正在撤销已办步骤：请勿重新提交，稍后按流程编号查询'
        ELSE N'尚未完成：请稍后按流程编号查询' END, 500);
    IF @status = 'COMPLETED'
        SET @result = (
            SELECT TOP (1) p.response_data
            FROM dbo.medical_insurance_saga_steps AS t
            INNER JOIN dbo.medical_insurance_responses AS p ON p.request_id = t.request_id
            WHERE t.saga_id = @saga_id AND t.direction = 'FORWARD'
            ORDER BY t.step_order DESC);
END;
