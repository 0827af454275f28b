-- People: sp_medical_insurance_resolve; one row with error_code and error_message.
SET NOCOUNT ON;
DECLARE @code INT, @message NVARCHAR(500);
EXEC dbo.sp_medical_insurance_resolve
    @request_id    = ?,
    @decision      = ?,
    @operator      = ?,
    @reason        = ?,
    @setl_id       = ?,
    @error_code    = @code OUTPUT,
    @error_message = @message OUTPUT;
SELECT @code AS error_code, @message AS error_message;
