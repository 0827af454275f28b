"""The demonstration: a private PostgreSQL, the simulator, the bridge, and an outpatient visit through all of them.

::

    command ── performance ──┬── stage ──┬── trial_database, private cluster (store)
                             │           ├── child, readiness      the two processes
                             │           └── place                 where everything lies
                             ├── player ── scenario (config/demo), facts
                             ├── report
                             └── interruption                      Ctrl-C, at the right moment only
"""
