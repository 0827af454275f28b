-- HIS: sp_medical_insurance_wait; one row with result, error_code and error_message.
CALL public.sp_medical_insurance_wait(
    request_id    => ?::bigint,
    timeout       => ?::integer,
    result        => NULL,
    error_code    => NULL,
    error_message => NULL
)
