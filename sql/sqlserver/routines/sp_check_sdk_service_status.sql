SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: 1 when any node's heartbeat is younger than 30 seconds, else 0. Both as the return value and as a row (service_status).
CREATE OR ALTER PROCEDURE dbo.sp_check_sdk_service_status
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @service_status INT = 0;
    IF EXISTS (
        SELECT 1 FROM dbo.sdk_heartbeat AS h
        WHERE h.status <> 'STOPPED' AND h.heartbeat_time > DATEADD(SECOND, -30, SYSUTCDATETIME()))
        SET @service_status = 1;
    SELECT @service_status AS service_status;
    RETURN @service_status;
END;
