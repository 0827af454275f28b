"""Runs a command beside a private PostgreSQL server for tests, and stops the server whatever happens.

usage: with_cluster.py COMMAND [ARGUMENT...]
The command finds the server in MI_BRIDGE_TEST_POSTGRESQL, unless that is set already. Exits as the command does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from mi_bridge.store.private_cluster import PrivateCluster

_FOLDER = Path(__file__).resolve().parent.parent / ".run" / "test-postgresql"
_VARIABLE = "MI_BRIDGE_TEST_POSTGRESQL"


def _run(command: list[str], connection_string: str) -> int:
    """Run the command; what ends this process goes to the command first, which then ends in order."""
    child = subprocess.Popen(command, env={**os.environ, _VARIABLE: connection_string})
    # a terminal's Ctrl-C reaches the child by itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: child.send_signal(received))
    status = child.wait()
    return 128 - status if status < 0 else status


def main() -> int:
    given = os.environ.get(_VARIABLE)
    if given:
        return _run(sys.argv[1:], given)
    with PrivateCluster(_FOLDER, durable=False).shared() as address:
        return _run(sys.argv[1:], address.connection_string())


if __name__ == "__main__":
    sys.exit(main())
