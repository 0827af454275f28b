SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- Writes one line into the error log. Never holds a payload, a name or an ID number. Returns nothing.
--   @request_id: the request it was about, NULL when there is none
--   @source: the procedure
--   @error_code: ours, -1001 to -1999
--   @error_message: what happened, in words that name nobody
CREATE OR ALTER PROCEDURE dbo.sp_mi_log_error
    @request_id     BIGINT,
    @source         NVARCHAR(200),
    @error_code     INT,
    @error_message  NVARCHAR(4000)
AS
BEGIN
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    INSERT INTO dbo.medical_insurance_error_log (request_id, source, error_code, error_message)
    VALUES (@request_id, LEFT(@source, 128), @error_code, LEFT(@error_message, 2000));
END;
