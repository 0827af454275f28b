-- HIS: sp_medical_insurance_call_v2; one row with request_id, result, error_code and error_message.
CALL public.sp_medical_insurance_call_v2(
    interface_code => ?::varchar,
    input_data     => ?::text,
    request_id     => NULL,
    result         => NULL,
    error_code     => NULL,
    error_message  => NULL,
    org_code       => ?::varchar,
    business_key   => ?::varchar,
    priority       => ?::integer,
    serial_key     => ?::varchar,
    timeout        => ?::integer,
    retry_count    => ?::integer,
    insuplc_admdvs => ?::varchar,
    opter          => ?::varchar,
    opter_name     => ?::varchar,
    opter_type     => ?::varchar
)
