SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator and demo: the result view's lines of the given requests, in the view's words.
--   @ids: JSON array of request ids
CREATE OR ALTER PROCEDURE dbo.sp_mi_request_result
    @ids  NVARCHAR(MAX)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @wanted TABLE (request_id BIGINT NOT NULL PRIMARY KEY);

    IF COALESCE(ISJSON(@ids), 0) = 0
        THROW 51902, N'sp_mi_request_result of mi-bridge: @ids is not JSON.', 1;
    INSERT INTO @wanted (request_id)
    SELECT DISTINCT CONVERT(BIGINT, j.[value]) FROM OPENJSON(@ids) AS j;

    SELECT v.request_id, v.interface_code, v.interface_name, v.status, v.result_status, v.infcode, v.err_msg, v.error_code, v.attempts,
           v.msgid, v.request_time, v.response_time
    FROM @wanted AS i
    INNER JOIN dbo.v_medical_insurance_result AS v ON v.request_id = i.request_id
    ORDER BY v.request_id;
END;
