-- HIS: sp_medical_insurance_call; one row with the request's id.
CALL public.sp_medical_insurance_call(
    interface_code => ?::varchar,
    input_data     => ?::text,
    result_id      => NULL,
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
