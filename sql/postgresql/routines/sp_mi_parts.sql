-- Bridge: the parts of a divided request with what became of each, in their order, once the last has ended; nothing before that.
-- epoch is the divided request's: it fences the answer that is made of the parts'.
CREATE OR REPLACE FUNCTION public.sp_mi_parts(
    p_request_id  bigint
) RETURNS TABLE (
    epoch          integer,
    part_no        integer,
    first_row      integer,
    row_count      integer,
    status         varchar,
    outcome        varchar,
    infcode        varchar,
    err_msg        text,
    error_message  varchar,
    msgid          varchar,
    response_data  text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.epoch, c.part_no, c.first_row, c.row_count, c.status, p.outcome, p.infcode, p.err_msg, c.error_message,
           (SELECT a.msgid FROM public.medical_insurance_attempts AS a
            WHERE a.request_id = c.request_id AND a.kind = 'original' ORDER BY a.attempt_id DESC LIMIT 1) AS msgid,
           p.response_data
    FROM public.medical_insurance_requests AS r
    JOIN public.medical_insurance_requests AS c ON c.parent_id = r.request_id
    LEFT JOIN public.medical_insurance_responses AS p ON p.request_id = c.request_id
    WHERE r.request_id = p_request_id AND r.status = 'DIVIDED'
      AND NOT EXISTS (
          SELECT 1 FROM public.medical_insurance_requests AS o
          WHERE o.parent_id = r.request_id AND o.status NOT IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED'))
    ORDER BY c.part_no;
END;
$$;
