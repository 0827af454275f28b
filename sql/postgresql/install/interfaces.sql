-- The catalogue of transactions as the database sees it.
SELECT public.sp_mi_sync_interfaces('{{interfaces}}');
