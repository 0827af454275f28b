-- Demo: a fresh database for each run, on the demo's own server. Whoever still looks at the last run's is sent away.
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.datname = 'mi_bridge_demo';
DROP DATABASE IF EXISTS mi_bridge_demo;
CREATE DATABASE mi_bridge_demo TEMPLATE template0;
