"""The simulator as an aiohttp application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from mi_bridge.simulator.clock import Clock
from mi_bridge.simulator.config import SimulatorConfig
from mi_bridge.simulator.control import Control, Gate
from mi_bridge.simulator.delivery import Delivery
from mi_bridge.simulator.simulator import Simulator

LARGEST_MESSAGE = 64 * 1024 * 1024
"""In bytes. The specification says 40,000 characters of input; live messages go beyond."""

SIMULATOR = web.AppKey("simulator", Simulator)


def create_app(config: SimulatorConfig, *, clock: Clock | None = None) -> web.Application:
    """Return an application that plays the platform.

    Every POST outside ``/_simulator`` is a message to the platform, whatever its path: the path is the platform's affair.

    Args:
        config: how it is set up.
        clock: tells the time; the machine's when None.

    Raises:
        ConfigurationError: the profile or a data file cannot be used.
    """
    return application_for(Simulator(config, clock), gate=None)


def application_for(simulator: Simulator, *, gate: Gate | None) -> web.Application:
    """Return the application of a simulator.

    Args:
        simulator: what it plays.
        gate: refuses connections for some seconds, where the listener allows it.
    """
    delivery = Delivery(simulator)
    app = web.Application(client_max_size=LARGEST_MESSAGE)
    app[SIMULATOR] = simulator
    app.add_routes(Control(simulator, gate).routes())
    if simulator.config.mobile:
        app.router.add_post(f"{simulator.config.mobile.path}{{function}}", _mobile(simulator))
    app.router.add_post("/{path:.*}", delivery.deliver)

    async def stop(_app: web.Application) -> None:
        await delivery.stop()

    app.on_shutdown.append(stop)
    return app


def _mobile(simulator: Simulator) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        if simulator.mobile is None:
            raise web.HTTPNotFound
        content = simulator.mobile.answer(request.match_info["function"], await request.read())
        return web.Response(body=content, content_type="application/json", charset="utf-8")

    return answer
