-- HIS: sp_medical_insurance_cancel; one row with error_code and error_message.
CALL public.sp_medical_insurance_cancel(
    request_id    => ?::bigint,
    error_code    => NULL,
    error_message => NULL
)
