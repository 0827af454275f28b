"""Takes messages off the wire, lets their fate happen, and brings the answers back.

What the platform does never depends on the client still being there: delayed work runs on in a task of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from mi_bridge.simulator.case import JSON, Case
from mi_bridge.simulator.codec import encode
from mi_bridge.simulator.platform import Reply
from mi_bridge.simulator.replay import HEADER, Replay
from mi_bridge.simulator.simulator import Simulator


class Delivery:
    """The way from the wire to the platform and back.

    Args:
        simulator: whose messages these are.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._working: set[asyncio.Task[Reply]] = set()
        self._stopping = asyncio.Event()

    async def deliver(self, request: web.Request) -> web.StreamResponse:
        """Take one message and answer it, unless its fate is another."""
        case = self._case(request, await request.read())
        try:
            if case.unexecuted:
                await asyncio.sleep(case.delay_s)
                return await case.leave()
            if self._simulator.replay:
                await asyncio.sleep(case.delay_s)
                return _replayed(self._simulator.replay, case)
            return await case.answer(await self._work(case))
        except ConnectionError:
            # the client has gone; the ledger says what was done
            return web.Response()

    async def stop(self) -> None:
        """Let go of every connection held in silence, and of work that has not begun."""
        self._stopping.set()
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def _case(self, request: web.Request, body: bytes) -> Case:
        platform = self._simulator.platform
        arrival = platform.receive(request.path, request.headers, body)
        fate = self._simulator.faults.draw(platform.dialect.national(arrival.infno))
        arrival.record.fault = fate.fault or ""
        return Case(platform, arrival, request, fate, self._silence)

    async def _work(self, case: Case) -> Reply:
        """Execute a message; with a delay in a task that the client cannot cancel by going away."""
        if not case.delay_s:
            return case.execute()
        task = asyncio.create_task(_execute_late(case))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    async def _silence(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


async def _execute_late(case: Case) -> Reply:
    await asyncio.sleep(case.delay_s)
    return case.execute()


def _replayed(replay: Replay, case: Case) -> web.Response:
    found = replay.answer(case.arrival.infno, case.request.headers.get(HEADER, ""))
    if found is None:
        unknown = case.platform.front("front.unknown_transaction")
        return web.Response(
            status=unknown.status, body=encode(unknown.content), headers={"Content-Type": JSON}
        )
    status, body = found
    return web.Response(status=status, body=body, headers={"Content-Type": JSON})
