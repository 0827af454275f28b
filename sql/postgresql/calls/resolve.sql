-- People: sp_medical_insurance_resolve; one row with error_code and error_message.
CALL public.sp_medical_insurance_resolve(
    request_id    => ?::bigint,
    decision      => ?::varchar,
    operator      => ?::varchar,
    reason        => ?::varchar,
    setl_id       => ?::varchar,
    error_code    => NULL,
    error_message => NULL
)
