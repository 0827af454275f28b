SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
-- HIS: queue a business of several steps inside the caller's transaction and return at once.
-- Raises 51001 (-1001), 51003 (-1003), 51006 (-1006) or 51008 (-1008) and queues nothing when the saga cannot be taken.
--   @saga_code: the definition's name, at most 32 letters, digits, _ and -
--   @input_data: a JSON object, as the definition wants it
--   @saga_id: the saga's number, for v_medical_insurance_saga; INT will do as well as BIGINT
--   @timeout: seconds each step may stay unsent, 1 to 86400, default 300
--   the others as in sp_medical_insurance_call
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_saga
    @saga_code       NVARCHAR(200),
    @input_data      NVARCHAR(MAX),
    @saga_id         BIGINT         = NULL OUTPUT,
    @org_code        NVARCHAR(50)   = NULL,
    @business_key    NVARCHAR(200)  = NULL,
    @priority        INT            = NULL,
    @timeout         INT            = NULL,
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

    SET @saga_id = NULL;
    EXEC dbo.sp_mi_saga_submit @saga_code = @saga_code, @input_data = @input_data, @timeout = @timeout, @org_code = @org_code,
        @business_key = @business_key, @priority = @priority, @insuplc_admdvs = @insuplc_admdvs, @opter = @opter,
        @opter_name = @opter_name, @opter_type = @opter_type, @saga_id = @saga_id OUTPUT, @error_code = @error_code OUTPUT,
        @error_message = @error_message OUTPUT;
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
