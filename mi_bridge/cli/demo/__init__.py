"""The demonstration: a private PostgreSQL, the simulator, the bridge, and an outpatient visit through all of them.

::

    command ── stage ──┬── private cluster (store)      place       where everything lies
               │       └── child processes              child       starts, records, ends them
               ├── player ── scenario (config/demo)     facts       what earlier answers told
               └── report                               interruption Ctrl-C, at the right moment only
"""
