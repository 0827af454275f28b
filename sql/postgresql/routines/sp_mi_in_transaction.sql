-- Tells whether a waiting procedure was called inside a transaction, where it could never see its answer.
-- PostgreSQL has no function for it. A call of its own starts the transaction (the two clocks agree) and is itself the statement.
CREATE OR REPLACE FUNCTION public.sp_mi_in_transaction() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT transaction_timestamp() <> statement_timestamp() OR current_query() !~* '^\s*(call|do)\M';
$$;
