-- Every statement of the bridge's account goes to the server's log, from its next session on.
ALTER ROLE mi_bench SET log_statement = 'all'
