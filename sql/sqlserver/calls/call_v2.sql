-- HIS: sp_medical_insurance_call_v2; one row with request_id, result, error_code and error_message.
SET NOCOUNT ON;
DECLARE @id BIGINT, @answer NVARCHAR(MAX), @code INT, @message NVARCHAR(500);
EXEC dbo.sp_medical_insurance_call_v2
    @interface_code = ?,
    @input_data     = ?,
    @request_id     = @id OUTPUT,
    @result         = @answer OUTPUT,
    @error_code     = @code OUTPUT,
    @error_message  = @message OUTPUT,
    @org_code       = ?,
    @business_key   = ?,
    @priority       = ?,
    @serial_key     = ?,
    @timeout        = ?,
    @retry_count    = ?,
    @insuplc_admdvs = ?,
    @opter          = ?,
    @opter_name     = ?,
    @opter_type     = ?;
SELECT @id AS request_id, @answer AS result, @code AS error_code, @message AS error_message;
