SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Operator: the newest requests, without payload.
--   @status: internal status, empty for all;  @interface_code: empty for all;  @before_id: below this id, NULL for the newest
--   @limit: most rows, from 1
CREATE OR ALTER PROCEDURE dbo.sp_mi_requests
    @status          VARCHAR(10),
    @interface_code  VARCHAR(10),
    @before_id       BIGINT,
    @limit           INT
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCK_TIMEOUT 10000;
    SELECT TOP (@limit) r.request_id, r.interface_code, i.interface_name, r.status, r.money_class, r.tries, p.infcode, r.error_code,
           r.create_time, r.update_time, r.node_id
    FROM dbo.medical_insurance_requests AS r
    LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id
    LEFT JOIN dbo.medical_insurance_interfaces AS i ON i.interface_code = r.interface_code
    WHERE (@status = '' OR r.status = @status)
      AND (@interface_code = '' OR r.interface_code = @interface_code)
      AND (@before_id IS NULL OR r.request_id < @before_id)
    ORDER BY r.request_id DESC;
END;
