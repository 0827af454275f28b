-- Tells whether a saga waits for a node: a new one, one whose holder is gone, or one whose step has ended or become uncertain.
-- Called in the claim's wait, whose settings keep its plans on the two small indexes.
CREATE OR REPLACE FUNCTION public.sp_mi_saga_due() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- a value, not the function: an index can be searched for the one, not for the other
    v_now  timestamptz(3) := clock_timestamp();
BEGIN
    IF EXISTS (SELECT 1 FROM public.medical_insurance_sagas AS s WHERE s.due_at IS NOT NULL AND s.due_at <= v_now) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT 1
        FROM public.medical_insurance_sagas AS s
        JOIN public.medical_insurance_requests AS r ON r.request_id = s.watched_request_id
        WHERE s.watched_request_id IS NOT NULL AND s.due_at IS NULL
          AND (r.status IN ('COMPLETED', 'ERROR', 'TIMEOUT', 'CANCELLED', 'REVERSED')
               OR (s.status IN ('RUNNING', 'COMPENSATING') AND r.status IN ('UNCERTAIN', 'REVERSING', 'MANUAL'))
               OR (s.status = 'WAITING' AND s.direction = 'BACK' AND r.status = 'MANUAL')));
END;
$$;
