"""Runs a simulator: for the command line until told to stop, for tests as long as they need it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from mi_bridge.simulator.app import application_for
from mi_bridge.simulator.clock import Clock
from mi_bridge.simulator.config import SimulatorConfig
from mi_bridge.simulator.listener import Listener
from mi_bridge.simulator.simulator import Simulator

_PATIENCE_S = 0.5  # for answers under way when it stops


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that listens.

    Args:
        base_url: where, ``http://host:port``.
        simulator: the simulator itself, for tests in the same process.
    """

    base_url: str
    simulator: Simulator


@asynccontextmanager
async def running_simulator(
    config: SimulatorConfig | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock | None = None,
) -> AsyncIterator[RunningSimulator]:
    """Run a simulator within a block of code.

    Args:
        config: how it is set up; the defaults when None.
        host: name or address of the interface.
        port: 0 takes a free one.
        clock: tells the time; the machine's when None.

    Raises:
        ConfigurationError: the profile or a data file cannot be used.
        OSError: the address cannot be listened on.
    """
    simulator = Simulator(config or SimulatorConfig(), clock)
    listener = Listener(simulator.slams)
    app = application_for(simulator, gate=listener.refuse)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE_S, handle_signals=False)
    await runner.setup()
    server = cast("web.Server", runner.server)  # there is one from the setup to the cleanup
    try:
        yield RunningSimulator(await listener.start(server, host, port), simulator)
    finally:
        await listener.stop()
        await runner.cleanup()


def serve(config: SimulatorConfig, host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """Run a simulator until SIGTERM or SIGINT.

    Args:
        config: how it is set up.
        host: name or address of the interface.
        port: 0 takes a free one.
        ready: called once with the base address, when it listens.

    Raises:
        ConfigurationError: the profile or a data file cannot be used.
        OSError: the address cannot be listened on.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(config, host, port, ready))


async def _serve(config: SimulatorConfig, host: str, port: int, ready: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    _on_signals(stopped.set)
    async with running_simulator(config, host=host, port=port) as running:
        ready(running.base_url)
        await stopped.wait()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Windows' loop has no signal handlers; Ctrl-C arrives there as KeyboardInterrupt
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)
