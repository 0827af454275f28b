CALL public.bench_watch(?::integer, ?::integer)
