-- When which answer was seen, in seconds since 1970.
SELECT s.request_id, extract(epoch FROM s.seen_at)::double precision FROM public.bench_seen AS s
