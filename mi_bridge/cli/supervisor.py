"""Lets the daemon report to systemd: its life by ``sd_notify``, its loop by the watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mi_bridge.service.notify import Notifier, Watchdog


class SystemdSupervisor:
    """Implements the daemon's ``Supervisor``. Where nobody listens, nothing is said.

    Args:
        notifier: speaks to the service manager.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def ready(self) -> None:
        """The node takes requests."""
        self._notifier.ready("taking requests")

    def stopping(self) -> None:
        """The node has been told to stop."""
        self._notifier.stopping("finishing what is in flight")

    @contextmanager
    def watching(self, alive: Callable[[], bool]) -> Iterator[None]:
        """Feed the watchdog from the running loop while inside, as long as the node is alive."""
        feeding = asyncio.get_running_loop().create_task(Watchdog(self._notifier, alive).run())
        try:
            yield
        finally:
            feeding.cancel()
