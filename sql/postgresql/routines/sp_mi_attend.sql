-- Bridge: this connection belongs to the node. While one such connection lives the node lives; when the last is gone, so is the node,
-- and the others know it within a second or two. The lease stays the truth.
CREATE OR REPLACE FUNCTION public.sp_mi_attend(
    p_node_id  varchar
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_lock_shared(77733002, hashtext(p_node_id));
    RETURN 1;
END;
$$;
