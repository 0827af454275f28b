SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- The waiter's time is over. A request nobody claimed and nobody ever sent becomes TIMEOUT in the statement that proves it.
--   @expired: 1 when it did, else 0
CREATE OR ALTER PROCEDURE dbo.sp_mi_expire
    @request_id  BIGINT,
    @expired     INT = NULL OUTPUT
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
    UPDATE r
    SET status = 'TIMEOUT', update_time = SYSDATETIME(), error_code = -1005, error_message = N'超时未发送，请求已作废'
    FROM dbo.medical_insurance_requests AS r
    WHERE r.request_id = @request_id AND r.status = 'PENDING' AND r.sends = 0;
    SET @expired = @@ROWCOUNT;
END;
