"""The loop: claim, send, record; and what keeps it honest: heartbeat, leases, rescue, the stop.

One event loop sends. A few threads, each with a database connection of its own, do the rest:

- the *claimer* waits inside the database and leases what it finds, as much as the window has room for;
- the *journal* commits the intents of class M and N, all that have gathered in one statement;
- the *recorder* commits answers, all that have gathered in one statement;
- the *keeper* runs the periodic calls: heartbeat, renewal of leases, rescue.
"""
