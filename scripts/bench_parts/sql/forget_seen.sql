TRUNCATE public.bench_seen
