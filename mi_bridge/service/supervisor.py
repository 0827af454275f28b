"""Stands between a running bridge and the service manager that watches it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mi_bridge.service.notify import Notifier, Watchdog


class Supervisor:
    """Passes on how the bridge does: to systemd where it runs us, else to nobody. Windows is told by ``windows_host``.

    Args:
        notifier: the way to the manager; by default the one systemd's variables name.
    """

    def __init__(self, notifier: Notifier | None = None) -> None:
        self._notifier = notifier or Notifier.from_environment()

    def ready(self) -> None:
        """The bridge takes requests."""
        self._notifier.ready("taking requests")

    def stopping(self) -> None:
        """The bridge has been told to stop."""
        self._notifier.stopping("finishing what is in flight")

    @contextmanager
    def watching(self, alive: Callable[[], bool]) -> Iterator[None]:
        """Feed the watchdog from the running event loop while inside.

        Args:
            alive: tells, quickly, whether the threads beside the loop live too.
        """
        feeding = asyncio.get_running_loop().create_task(
            Watchdog(self._notifier, alive).run(), name="watchdog"
        )
        try:
            yield
        finally:
            feeding.cancel()
