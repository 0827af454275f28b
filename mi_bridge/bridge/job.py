"""What a daily job is, and what it gets to work with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from mi_bridge.domain.daily_window import DailyWindow
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.signing.port import Clock
from mi_bridge.settings import Settings
from mi_bridge.store.job_port import JobStore
from mi_bridge.traffic.job_insurer import JobInsurer

Result = TypeVar("Result")


class JobDatabase:
    """A job's connection, from the event loop: calls run one after another on a thread of their own.

    Args:
        store: of that thread.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="job")

    async def call(self, routine: str, *parameters: Any) -> list[Any]:
        """Call a routine by its name and return its rows.

        Raises:
            StoreError: the database did not do it.
        """
        return await self.run(lambda store: store.call(routine, *parameters))

    async def take_number(self) -> int:
        """Return a message number nobody has had.

        Raises:
            StoreError: the database did not give one.
        """
        return await self.run(lambda store: store.take_msgids(1))

    async def run(self, work: Callable[[JobStore], Result]) -> Result:
        """Do something with the store on its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._store)

    async def rest(self) -> None:
        """Give the connection back until the next call."""
        await self.run(lambda store: store.close())

    def lose_patience(self) -> None:
        """Wait no longer for a lost database; calls are still made, and fail at once where it is away."""
        self._store.stop()

    def stop(self) -> None:
        """Wait no longer for a lost database, and end the thread; a call under way is waited for."""
        self._store.stop()
        self._thread.shutdown()
        self._store.close()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, for whoever watches.

    Args:
        part: what it works on, for example a catalogue's code.
        done: how much of that is done.
        total: how much there is; 0 where nobody knows.
    """

    part: str
    done: int
    total: int = 0


def _unwatched(_: Progress) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with.

    Args:
        insurer: the platform.
        database: the database, by the names of routines.
        profile: the site.
        settings: the operator's.
        node_id: who runs it; goes into whatever the job marks as its own.
        watch: told how far the job is.
        clock: tells which day it is, in seconds since 1970.
    """

    insurer: JobInsurer
    database: JobDatabase
    profile: Profile = field(repr=False)
    settings: Settings = field(repr=False)
    node_id: str
    watch: Callable[[Progress], None] = field(default=_unwatched, repr=False)
    clock: Clock = field(default=time.time, repr=False)


class Job(Protocol):
    """Something done once a day by one node of the cluster.

    It may be cancelled at any await (a stop, or a lost term), killed at any moment, and is then run again from the start, perhaps
    elsewhere: what it wrote must allow that.
    """

    @property
    def name(self) -> str:
        """Its name in the database, at most 64 characters."""
        ...

    @property
    def window(self) -> DailyWindow | None:
        """When it may begin, local time; None only when somebody asks for it."""
        ...

    async def run(self, context: JobContext) -> str:
        """Do it, and return what came of it in one sentence, in Chinese.

        Raises:
            BridgeError: it did not reach its end; it is tried again the same day.
        """
        ...
