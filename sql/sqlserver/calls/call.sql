-- HIS: sp_medical_insurance_call; one row with the request's id.
SET NOCOUNT ON;
DECLARE @id BIGINT;
EXEC dbo.sp_medical_insurance_call
    @interface_code = ?,
    @input_data     = ?,
    @result_id      = @id OUTPUT,
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
SELECT @id AS result_id;
