SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: queue a request inside the caller's transaction and return at once.
-- Raises 51001 (-1001), 51003 (-1003), 51006 (-1006) or 51008 (-1008) and queues nothing when the request cannot be taken.
--   @interface_code: transaction number (infno), at most 10 letters and digits
--   @input_data: a JSON object: bare fields, one node or several
--   @result_id: the request's number, for v_medical_insurance_result; INT will do as well as BIGINT
--   @org_code: H or P and 11 digits; empty for the bridge's own
--   @business_key: at most 64 characters; the same key with the same content gives the earlier request
--   @priority: 0 (first) to 9, default 5
--   @serial_key: at most 64 characters; requests of one key run one after the other, default the patient's
--   @timeout: seconds the request may stay unsent, 1 to 86400, default 300
--   @retry_count: resends where resending is allowed, 0 to 20, default 3
--   @insuplc_admdvs: 6 digits;  @opter, @opter_name: at most 30 and 50 characters;  @opter_type: 1, 2 or 3
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_call
    @interface_code  NVARCHAR(50),
    @input_data      NVARCHAR(MAX),
    @result_id       BIGINT         = NULL OUTPUT,
    @org_code        NVARCHAR(50)   = NULL,
    @business_key    NVARCHAR(200)  = NULL,
    @priority        INT            = NULL,
    @serial_key      NVARCHAR(200)  = NULL,
    @timeout         INT            = NULL,
    @retry_count     INT            = NULL,
    @insuplc_admdvs  NVARCHAR(50)   = NULL,
    @opter           NVARCHAR(200)  = NULL,
    @opter_name      NVARCHAR(200)  = NULL,
    @opter_type      NVARCHAR(50)   = NULL
AS
BEGIN
    DECLARE @caller_aborts BIT = CASE WHEN @@OPTIONS & 16384 = 16384 THEN 1 ELSE 0 END;
    SET XACT_ABORT ON;
    SET NOCOUNT ON;
    DECLARE @error_code INT;
    DECLARE @error_message NVARCHAR(500);
    DECLARE @number INT;
    DECLARE @text NVARCHAR(1200);

    SET @result_id = NULL;
    EXEC dbo.sp_mi_submit @interface_code = @interface_code, @input_data = @input_data, @timeout = @timeout, @retry_count = @retry_count,
        @org_code = @org_code, @business_key = @business_key, @priority = @priority, @serial_key = @serial_key,
        @insuplc_admdvs = @insuplc_admdvs, @opter = @opter, @opter_name = @opter_name, @opter_type = @opter_type,
        @request_id = @result_id OUTPUT, @error_code = @error_code OUTPUT, @error_message = @error_message OUTPUT;
    IF @error_code <> 0
    BEGIN
        SET @number = 50000 - @error_code;
        -- THROW reads its text as a format: a business key may have a percent sign in it
        SET @text = REPLACE(CONVERT(NVARCHAR(11), @error_code) + N' ' + @error_message, N'%', N'%%');
        -- a refusal wrote nothing: whether it ends HIS's transaction is HIS's own setting to say
        IF @caller_aborts = 0
            SET XACT_ABORT OFF;
        THROW @number, @text, 1;
    END;
END;
