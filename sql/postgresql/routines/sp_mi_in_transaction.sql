-- Tells whether a waiting procedure was called inside a transaction, where it could never see its answer: an open transaction
-- block, a function, or a procedure whose caller has written something that our commit would make final.
-- PostgreSQL has no function for it, and the clocks and the text of the statement mislead when a driver binds parameters. So both
-- ways of ending the transaction are tried where neither can succeed: outside of a transaction each is refused in words of its
-- own, inside one both are refused in the same words, whatever the language of the messages.
CREATE OR REPLACE PROCEDURE public.sp_mi_in_transaction(
    INOUT p_inside  boolean
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_no_commit    text;
    v_no_rollback  text;
BEGIN
    BEGIN
        COMMIT;
    EXCEPTION WHEN invalid_transaction_termination THEN
        v_no_commit := SQLERRM;
    END;
    BEGIN
        ROLLBACK;
    EXCEPTION WHEN invalid_transaction_termination THEN
        v_no_rollback := SQLERRM;
    END;
    p_inside := v_no_commit = v_no_rollback OR txid_current_if_assigned() IS NOT NULL;
END;
$$;
