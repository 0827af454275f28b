"""Many writers, one statement: what gathers while a statement runs is the next statement's batch."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from mi_bridge.errors import StoreError, StoreRejected

Item = TypeVar("Item")
_Entry = tuple[Item, "asyncio.Future[bool]"]


class BatchWriter(threading.Thread, Generic[Item]):
    """A thread that hands batches to the database and tells each writer whether its item took effect.

    No batch has two items of one request: the database answers with the requests' numbers, and a node that lost its database can
    hold a request twice, by a lease that is over and by the next. One answer for both would send one settlement twice.

    Args:
        name: of the thread.
        write: takes a batch and returns the numbers of the requests it changed.
        request_id: the number of an item's request.
        most: items in one batch.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[list[Item]], set[int]],
        request_id: Callable[[Item], int],
        *,
        most: int = 500,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._write = write
        self._request_id = request_id
        self._most = most
        self._entries: queue.SimpleQueue[_Entry[Item] | None] = queue.SimpleQueue()
        self._held_back: _Entry[Item] | None = None
        self._loop = asyncio.get_running_loop()

    async def put(self, item: Item) -> bool:
        """Write an item with the next batch; return whether the database took it.

        Raises:
            StoreError: it refused this item, or stayed away until the stop.
        """
        future: asyncio.Future[bool] = self._loop.create_future()
        self._entries.put((item, future))
        return await future

    def finish(self) -> None:
        """Write what is left, then end."""
        self._entries.put(None)
        self.join()

    def run(self) -> None:
        """Write batches until told to finish."""
        while (first := self._first()) is not None:
            batch, last = self._gather(first)
            self._settle(batch)
            if last:
                return

    def _first(self) -> _Entry[Item] | None:
        entry, self._held_back = self._held_back, None
        return entry or self._entries.get()

    def _gather(self, first: _Entry[Item]) -> tuple[list[_Entry[Item]], bool]:
        batch, requests = [first], {self._request_id(first[0])}
        while len(batch) < self._most and not self._entries.empty():
            entry = self._entries.get()
            if entry is None:
                return batch, True
            request_id = self._request_id(entry[0])
            if request_id in requests:
                self._held_back = entry
                return batch, False
            requests.add(request_id)
            batch.append(entry)
        return batch, False

    def _settle(self, batch: list[_Entry[Item]]) -> None:
        try:
            changed = self._write([item for item, _ in batch])
        except StoreRejected as error:
            self._isolate(batch, error)
        except StoreError as error:
            self._tell(partial(_fail, batch, error))
        else:
            self._tell(partial(_resolve, batch, changed, self._request_id))

    def _isolate(self, batch: list[_Entry[Item]], error: StoreRejected) -> None:
        """Halve a refused batch until the poisoned item stands alone; the others pass."""
        if len(batch) == 1:
            self._tell(partial(_fail, batch, error))
            return
        middle = len(batch) // 2
        self._settle(batch[:middle])
        self._settle(batch[middle:])

    def _tell(self, news: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(news)


def _resolve(batch: list[_Entry[Item]], changed: set[int], request_id: Callable[[Item], int]) -> None:
    for item, future in batch:
        if not future.done():
            future.set_result(request_id(item) in changed)


def _fail(batch: list[_Entry[Item]], error: StoreError) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
