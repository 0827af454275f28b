-- For the observer's session only: its notes need not survive, and its looks go by the index however new the tables are.
SELECT set_config('synchronous_commit', 'off', false), set_config('enable_seqscan', 'off', false)
