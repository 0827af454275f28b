"""Tells systemd how the service fares (the protocol of ``sd_notify(3)``), and proves that the event loop still turns."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

import structlog

_log: Any = structlog.get_logger()
_PATIENCE_S = 1.0


class Notifier:
    """Sends messages to the service manager; without one, every method does nothing.

    Args:
        address: of its datagram socket: a path, or ``@name`` in the abstract namespace; empty without a manager.
        watchdog_s: how long it waits for a sign of life, seconds; None when it does not watch.
    """

    def __init__(self, address: str = "", *, watchdog_s: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = watchdog_s

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """Return the notifier systemd's variables ask for. A watchdog meant for another process is not ours to feed."""
        address = environment.get("NOTIFY_SOCKET", "")
        interval = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_s = int(interval) / 1_000_000 if ours and interval.isdecimal() and int(interval) else None
        return cls(address if address.startswith(("@", "/")) else "", watchdog_s=watchdog_s)

    @property
    def active(self) -> bool:
        """Whether a service manager listens."""
        return bool(self._address)

    def ready(self, status: str = "") -> bool:
        """Tell that the service has started; return whether the manager was told."""
        return self._send("READY=1", status)

    def stopping(self, status: str = "") -> bool:
        """Tell that the service is about to stop."""
        return self._send("STOPPING=1", status)

    def status(self, text: str) -> bool:
        """Tell in one line what the service is doing, for ``systemctl status``."""
        return self._send("", text)

    def alive(self) -> bool:
        """Feed the watchdog."""
        return self._send("WATCHDOG=1", "")

    def _send(self, state: str, status: str) -> bool:
        if not self._address:
            return False
        lines = [state] if state else []
        if status:
            lines.append(f"STATUS={' '.join(status.splitlines())}")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(_PATIENCE_S)
                channel.sendto("\n".join(lines).encode(), self._address)
        except OSError as fault:  # the bridge's work matters more than the manager's knowledge of it
            _log.warning("service_manager_not_told", state=state, fault=type(fault).__name__)
            return False
        return True


class Watchdog:
    """Feeds systemd's watchdog from inside the event loop, so that a loop that hangs is a service that is restarted.

    Args:
        notifier: knows the interval.
        alive: tells, quickly, whether the threads beside the loop live too; without it a dead thread would go unseen.
    """

    def __init__(self, notifier: Notifier, alive: Callable[[], bool]) -> None:
        self._notifier = notifier
        self._alive = alive
        self._starving = False

    async def run(self) -> None:
        """Feed it at half its interval until cancelled; return at once when nobody watches."""
        if not self._notifier.active or self._notifier.watchdog_s is None:
            return
        while True:
            self._feed()
            await asyncio.sleep(self._notifier.watchdog_s / 2)

    def _feed(self) -> None:
        starving = not self._alive()
        if starving and not self._starving:
            _log.error("watchdog_not_fed", reason="a thread of the bridge is dead or hangs")
            self._notifier.status("a thread is dead or hangs; waiting to be restarted")
        self._starving = starving
        if not starving:
            self._notifier.alive()
