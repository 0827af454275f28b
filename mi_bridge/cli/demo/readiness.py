"""Waiting until a process of the demo does its work, and hearing its last words when it does not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from mi_bridge.cli.demo.child import Child
from mi_bridge.errors import BridgeError

_READY_S = 60.0
_LOOK_S = 0.01


def await_part(what: str, child: Child, done: Callable[[], bool]) -> None:
    """Wait until a condition holds.

    Args:
        what: what the process is to do, for the message.
        child: the process.
        done: the condition.

    Raises:
        BridgeError: the process has ended, or takes too long.
    """
    give_up = time.monotonic() + _READY_S
    while not done():
        child.must_be_alive()
        if time.monotonic() > give_up:
            raise BridgeError(
                f"The demo's {child.name} does not {what} within {_READY_S:.0f} s.",
                remedy=f"Its log: {child.log}",
            )
        time.sleep(_LOOK_S)


def base_url_of(simulator: Child) -> str:
    """Return the address that the simulator's first line tells, once it has told it.

    Raises:
        BridgeError: it has ended, takes too long, or says something else.
    """
    await_part("listen", simulator, lambda: "\n" in _log(simulator))
    first = _log(simulator).splitlines()[0]
    try:
        return str(json.loads(first)["base_url"])
    except (ValueError, TypeError, KeyError):
        # no address: most likely a complaint, and it is about to end
        raise BridgeError(
            f"The demo's {simulator.name} tells no address.", remedy=f"{first}\nIts log: {simulator.log}"
        ) from None


def _log(child: Child) -> str:
    return child.log.read_text(encoding="utf-8", errors="replace")
