-- Hands out message numbers: seconds of the database's clock × 10000 + a sequence of four digits, never twice, never backwards,
-- whatever the clock does. A second that runs out of numbers borrows from the next. Returns the first of p_count numbers.
CREATE OR REPLACE FUNCTION public.sp_mi_take_msgids(
    p_count  integer
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now   bigint := floor(extract(epoch FROM clock_timestamp()))::bigint * 10000;
    v_next  bigint;
BEGIN
    UPDATE public.medical_insurance_counters AS c
    SET counter_value = greatest(c.counter_value, v_now) + p_count
    WHERE c.counter_name = 'msgid'
    RETURNING c.counter_value INTO v_next;
    RETURN v_next - p_count;
END;
$$;
