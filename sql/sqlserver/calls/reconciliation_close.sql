-- People: sp_medical_insurance_reconciliation_close; one row with error_code and error_message.
SET NOCOUNT ON;
DECLARE @code INT, @message NVARCHAR(500);
EXEC dbo.sp_medical_insurance_reconciliation_close
    @case_id       = ?,
    @operator      = ?,
    @reason        = ?,
    @error_code    = @code OUTPUT,
    @error_message = @message OUTPUT;
SELECT @code AS error_code, @message AS error_message;
