"""The periodic and the rare calls of a node: heartbeat, renewal of leases, rescue, conditions, parts."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from mi_bridge.bridge.condition import Condition
from mi_bridge.bridge.flight import Flight
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Heartbeat, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreError
from mi_bridge.store.port import Store
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.joining import join_answers

_log: Any = structlog.get_logger()
# a call that outlasts its period is skipped on purpose, which is no news: twice a second while a database is away
_SCHEDULER_LOG = logging.getLogger("mi_bridge.bridge.schedule")
_SCHEDULER_LOG.setLevel(logging.ERROR)
Result = TypeVar("Result")
Periodic = tuple[Callable[[], Awaitable[object]], float]
"""A call and its period, in seconds."""
_DAY_S = 24 * 3600
_BREAKER_OPEN = "医保平台连接不上，暂停发送，自动重试中：请检查网络和医保专线"


class Keeper:
    """Runs a node's periodic and rare calls on a thread and a connection of their own.

    Args:
        store: of that thread.
        options: the node's name and periods.
        flight: what is in flight.
        breaker: whose state the alerts show.
        hear: told the database's time (milliseconds since 1970) with every heartbeat.
    """

    def __init__(
        self,
        store: Store,
        options: NodeOptions,
        flight: Flight,
        breaker: Breaker,
        hear: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._options = options
        self._flight = flight
        self._breaker = breaker
        self._hear = hear
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            logger=_SCHEDULER_LOG,
        )
        self._open = Condition("BREAKER_OPEN")
        self.status = "RUNNING"

    async def start(self, *more: Periodic) -> None:
        """Say that the node lives, then keep saying it.

        Args:
            *more: further periodic calls, each with its period in seconds.

        Raises:
            StoreError: the database refuses the very first heartbeat.
        """
        await self.beat()
        periods: tuple[Periodic, ...] = (
            (self.beat, self._options.heartbeat_s),
            (self.renew, self._options.renew_s),
            (self.rescue, self._options.rescue_s),
            (self.housekeep, _DAY_S),
            *more,
        )
        for work, seconds in periods:
            self._scheduler.add_job(
                self._surviving, "interval", args=[work], seconds=seconds, jitter=seconds / 20
            )
        self._scheduler.start()
        # what a predecessor of this process held need not wait for the first period
        await self._surviving(self.rescue)

    def lose_patience(self) -> None:
        """Wait no longer for a lost database: whoever asked for the stop waits for us."""
        self._store.stop()

    async def stop(self) -> None:
        """End the periodic calls; say that the node has stopped."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self.status = "STOPPED"
        await self._surviving(self.beat)
        self._store.stop()
        self._thread.shutdown()
        self._store.close()

    async def beat(self) -> None:
        """Write the heartbeat, and the breaker's state when it changed."""
        beat = Heartbeat(
            node_id=self._options.node_id,
            host_name=self._options.host_name,
            process_id=os.getpid(),
            version=self._options.version,
            status=self.status,
            in_flight=len(self._flight),
            completed=self._flight.completed,
        )
        self._hear(await self._off_loop(lambda: self._store.heartbeat(beat)))
        await self._open.tell(self.condition, _BREAKER_OPEN if self._breaker.is_open else "")

    async def renew(self) -> None:
        """Extend the leases of what has been in flight for a while."""
        leases = self._flight.leases(older_than_s=self._options.renew_s / 2)
        if not leases:
            return
        options = self._options
        held = await self._off_loop(
            lambda: self._store.renew(options.holder, options.pace.lease_seconds, leases)
        )
        lost = [lease.request_id for lease in leases if lease.request_id not in held]
        if lost:
            _log.warning("leases lost", request_ids=lost[:20], count=len(lost))

    async def rescue(self) -> None:
        """Take back what dead nodes hold, end what nobody took in time, and join what is in parts that have all ended."""
        rescued = await self._off_loop(lambda: self._store.rescue(self._options.holder, self._options.rescue))
        for request_id, status in rescued:
            if status is Status.DIVIDED:
                await self.join(request_id)
            else:
                _log.warning("request rescued", request_id=request_id, status=status.value)

    async def housekeep(self) -> None:
        """Forget what nobody needs any more, once a day in the whole cluster."""
        options = self._options
        if await self._off_loop(lambda: self._store.lead("housekeep", options.node_id, _DAY_S)):
            rows = await self._off_loop(self._store.housekeep)
            _log.info("housekeeping", rows=rows)

    async def release(self, leases: list[Any]) -> int:
        """Give back what was not sent."""
        return await self._off_loop(lambda: self._store.release(self._options.holder, leases))

    async def divide(self, lease: Lease, parts: Sequence[Part], check_report: str | None) -> int:
        """Make the parts of a claimed request; see ``Store``."""
        holder = self._options.holder
        return await self._off_loop(lambda: self._store.divide(holder, lease, parts, check_report))

    async def join(self, request_id: int) -> None:
        """Make one answer of a divided request's parts, unless one is still under way or another node was first.

        Whoever does it makes the same answer: what has ended does not change.
        """
        divided = await self._off_loop(lambda: self._store.divided(request_id))
        if divided is None:
            return
        answer = join_answers(divided.parts)
        if await self._off_loop(lambda: self._store.join(divided.lease, answer)):
            _log.info(
                "request joined",
                request_id=request_id,
                parts=len(divided.parts),
                status=answer.status.value,
                outcome=str(answer.outcome),
            )

    async def condition(self, condition_type: str, message: str) -> None:
        """Report a lasting condition of this node, or its end with an empty message.

        Raises:
            StoreError: the database did not take it.
        """
        node_id = self._options.node_id
        await self._off_loop(lambda: self._store.condition(condition_type, node_id, message[:500]))

    async def _surviving(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except StoreError as error:
            name = getattr(getattr(work, "func", work), "__qualname__", "")
            _log.warning("periodic call failed", call=name, error=error.message)

    async def _off_loop(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
