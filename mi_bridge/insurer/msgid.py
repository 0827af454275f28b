"""Message numbers: organisation code (12), time to the second (14), number within that second (4).

The platform keeps settlements under this number and 2601 finds them by it, so no two messages may ever share one. The
daemon takes its numbers from the database. `LocalMsgidSource` is for the SDK alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Protocol

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.fields import check_field
from mi_bridge.insurer.msgid_layout import NUMBERS_PER_SECOND, MsgidLayout
from mi_bridge.insurer.signing.port import Clock

# a new process needs longer than this to come up, so it never meets a number its predecessor took ahead of time
_LONGEST_LEAD_SECONDS = 0.05
_STARTED = time.time() - time.monotonic()


def steady_time() -> float:
    """Return seconds since 1970 that never step back while this process lives."""
    return _STARTED + time.monotonic()


class MsgidSource(Protocol):
    """Where message numbers come from."""

    def take(self, org_code: str) -> str:
        """Return a number no message has had, 30 characters.

        Args:
            org_code: the sending organisation (``fixmedins_code``).
        """
        ...


def number_msgid(org_code: str, number: int, layout: MsgidLayout = MsgidLayout.SEQUENCE) -> str:
    """Put a message number together from one the database handed out.

    Args:
        org_code: the sending organisation, 12 characters.
        number: seconds since 1970 times 10,000 plus a sequence of 0 to 9999.
        layout: how the site writes it.

    Raises:
        MalformedInput: the organisation code is empty or too long.
        ValueError: the number was handed out for another layout.
    """
    return f"{check_field('fixmedins_code', org_code)}{layout.write(number)}"


class LocalMsgidSource:
    """Numbers from the clock alone, without a disk.

    Each second has 10,000 numbers. They are split among the nodes, and a node's share is walked along with the clock: at
    half past the second the middle of the share is due. A number is never below the one due now and always above the last
    one, so numbers rise within a process; after a restart the clock has passed every number taken before, because a burst
    may run at most 50 ms ahead and a process takes longer to start. Beyond 10,000 / nodes a second `take` waits.

    A layout with fewer numbers walks with longer strides. Its process never takes the stride it began in: its predecessor may have.

    What this cannot survive is a clock set back between two processes, or two running with the same node number.

    Args:
        node: this node's number, 0 to nodes - 1.
        nodes: how many nodes send for one organisation.
        layout: how the site writes numbers.
        clock: tells the time; must not step back.
        sleep: waits, in seconds.

    Raises:
        ConfigurationError: the node's number is not among the nodes, or the layout has too few numbers for so many.
    """

    def __init__(
        self,
        *,
        node: int = 0,
        nodes: int = 1,
        layout: MsgidLayout = MsgidLayout.SEQUENCE,
        clock: Clock = steady_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 <= node < nodes <= NUMBERS_PER_SECOND // 100:
            raise ConfigurationError(
                "node", f"is {node}, of {nodes} nodes", remedy="Number nodes from 0; 100 at most."
            )
        self._layout = layout
        self._share = NUMBERS_PER_SECOND // layout.step // nodes
        if not self._share:
            raise ConfigurationError(
                "nodes",
                f"is {nodes}, but this site's message numbers have one a second",
                remedy="Send from one process, or let the daemon take numbers from the database.",
            )
        self._first = node * self._share
        self._clock = clock
        self._sleep = sleep
        self._last = 0 if layout is MsgidLayout.SEQUENCE else int(clock() * self._share)
        self._lock = threading.Lock()

    def take(self, org_code: str) -> str:
        """Return the next number.

        Raises:
            MalformedInput: the organisation code is empty or too long.
        """
        second, stride = divmod(self._next(), self._share)
        number = second * NUMBERS_PER_SECOND + (self._first + stride) * self._layout.step
        return number_msgid(org_code, number, self._layout)

    def _next(self) -> int:
        with self._lock:
            due = int(self._clock() * self._share)
            self._last = max(self._last + 1, due)
            lead = (self._last - due) / self._share
            if lead > _LONGEST_LEAD_SECONDS:
                self._sleep(lead - _LONGEST_LEAD_SECONDS)
            return self._last


@cache
def process_msgids(
    node: int = 0, nodes: int = 1, layout: MsgidLayout = MsgidLayout.SEQUENCE
) -> LocalMsgidSource:
    """Return this process's one source for a node, so that two clients in one process never share a number."""
    return LocalMsgidSource(node=node, nodes=nodes, layout=layout)
