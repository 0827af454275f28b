-- Bridge: the sign-in number all nodes share, or the right to sign in. One row comes back; its decision says which:
--   TAKE    here is a number; remaining_ms is how long it holds.
--   NONE    there is none, and the caller does not want to sign in.
--   SIGN    the caller signs in: epoch fences its result, msgid_number is its message's, database_time_ms tells the day.
--   WAIT    somebody else is signing in; remaining_ms is left of that lease.
--   KEEP    the number was refused before it ever worked, moments ago: a new one would fare no better. The refusal stands.
--   FAILED  signing in failed (message); the next try is due in remaining_ms.
-- p_seen_epoch: the sign-in whose number the platform refused, 0 for none: only a newer one is handed out.
-- p_may_sign: 0 looks only. p_worked: 1 when the refused number is known to have worked, 2 when a person orders a new one.
-- p_pause_ms: so long a number that never worked is not replaced.
CREATE OR REPLACE FUNCTION public.sp_mi_sign_in_take(
    p_node_id        varchar,
    p_org_code       varchar,
    p_opter          varchar,
    p_seen_epoch     integer,
    p_may_sign       integer,
    p_worked         integer,
    p_pause_ms       integer,
    p_lease_seconds  integer
) RETURNS TABLE (
    decision          varchar,
    epoch             integer,
    sign_no           varchar,
    proved            smallint,
    remaining_ms      bigint,
    message           varchar,
    msgid_number      bigint,
    database_time_ms  bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_now       timestamptz(3) := clock_timestamp();
    v_row       public.medical_insurance_sign_ins;
    v_until     timestamptz;
    v_decision  varchar(8);
    v_first     bigint := 0;
BEGIN
    SELECT s.* INTO v_row FROM public.medical_insurance_sign_ins AS s WHERE s.org_code = p_org_code AND s.opter = p_opter;
    IF v_row.state = 'SIGNED_IN' AND v_row.valid_until > v_now AND v_row.epoch > p_seen_epoch THEN
        v_decision := 'TAKE';
    ELSIF p_may_sign = 0 THEN
        v_decision := 'NONE';
    ELSE
        INSERT INTO public.medical_insurance_sign_ins (org_code, opter, update_time)
        VALUES (p_org_code, p_opter, v_now)
        ON CONFLICT (org_code, opter) DO NOTHING;
        SELECT s.* INTO v_row FROM public.medical_insurance_sign_ins AS s WHERE s.org_code = p_org_code AND s.opter = p_opter FOR UPDATE;
        v_now := clock_timestamp();
        v_decision := CASE
            WHEN v_row.state = 'SIGNED_IN' AND v_row.valid_until > v_now AND v_row.epoch > p_seen_epoch THEN 'TAKE'
            WHEN v_row.state = 'SIGNED_IN' AND v_row.valid_until > v_now AND v_row.proved = 0 AND p_worked = 0
                AND v_row.sign_time > v_now - make_interval(secs => p_pause_ms / 1000.0) THEN 'KEEP'
            WHEN v_row.state = 'FAILED' AND v_row.retry_at > v_now AND p_worked < 2 THEN 'FAILED'
            -- its own lease is a call repeated; a holder without a connection is dead
            WHEN v_row.state = 'SIGNING' AND v_row.lease_until > v_now AND v_row.node_id <> p_node_id
                AND NOT pg_try_advisory_xact_lock(77733002, hashtext(v_row.node_id)) THEN 'WAIT'
            ELSE 'SIGN' END;
    END IF;

    IF v_decision = 'SIGN' THEN
        v_first := public.sp_mi_take_msgids(1);
        UPDATE public.medical_insurance_sign_ins AS s
        SET state = 'SIGNING', epoch = s.epoch + 1, sign_no = NULL, proved = 0, node_id = p_node_id,
            lease_until = v_now + make_interval(secs => p_lease_seconds), valid_until = NULL, retry_at = NULL, update_time = v_now
        WHERE s.org_code = p_org_code AND s.opter = p_opter
        RETURNING s.* INTO v_row;
    END IF;
    v_until := CASE v_decision
        WHEN 'TAKE' THEN v_row.valid_until WHEN 'FAILED' THEN v_row.retry_at WHEN 'NONE' THEN v_now WHEN 'KEEP' THEN v_now
        ELSE v_row.lease_until END;
    RETURN QUERY
    SELECT v_decision, coalesce(v_row.epoch, 0), CASE WHEN v_decision = 'TAKE' THEN v_row.sign_no END, coalesce(v_row.proved, 0::smallint),
           greatest(0, floor(extract(epoch FROM v_until - v_now) * 1000)::bigint),
           CASE WHEN v_decision = 'FAILED' THEN v_row.message END, v_first, floor(extract(epoch FROM v_now) * 1000)::bigint;
END;
$$;
