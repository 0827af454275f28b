-- HIS: sp_medical_insurance_wait; one row with result, error_code and error_message.
SET NOCOUNT ON;
DECLARE @answer NVARCHAR(MAX), @code INT, @message NVARCHAR(500);
EXEC dbo.sp_medical_insurance_wait
    @request_id    = ?,
    @timeout       = ?,
    @result        = @answer OUTPUT,
    @error_code    = @code OUTPUT,
    @error_message = @message OUTPUT;
SELECT @answer AS result, @code AS error_code, @message AS error_message;
