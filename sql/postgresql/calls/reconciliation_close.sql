-- People: sp_medical_insurance_reconciliation_close; one row with error_code and error_message.
CALL public.sp_medical_insurance_reconciliation_close(
    case_id       => ?::bigint,
    operator      => ?::varchar,
    reason        => ?::varchar,
    error_code    => NULL,
    error_message => NULL
)
