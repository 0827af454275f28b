-- Hands out message numbers: seconds of the database's clock × 10000 + a sequence of four digits, never twice, never backwards,
-- whatever the clock does. A second that runs out of numbers borrows from the next. Returns the first of p_count numbers; each is
-- counter_step behind the one before and owns the numbers up to the next, so that a site may write it with fewer digits.
CREATE OR REPLACE FUNCTION public.sp_mi_take_msgids(
    p_count  integer
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now    bigint := floor(extract(epoch FROM clock_timestamp()))::bigint * 10000;
    v_first  bigint;
BEGIN
    UPDATE public.medical_insurance_counters AS c
    SET counter_value = ((greatest(c.counter_value, v_now) + c.counter_step - 1) / c.counter_step + p_count) * c.counter_step
    WHERE c.counter_name = 'msgid'
    RETURNING c.counter_value - p_count * c.counter_step INTO v_first;
    RETURN v_first;
END;
$$;
