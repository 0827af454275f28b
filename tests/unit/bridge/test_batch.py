from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from mi_bridge.bridge.batch import BatchWriter
from mi_bridge.errors import StoreRejected, StoreUnavailable


def writer(write: Callable[[list[int]], set[int]], *, most: int = 500) -> BatchWriter[int]:
    return BatchWriter("writer", write, lambda item: item, most=most)


async def test_what_gathers_while_a_statement_runs_is_one_batch() -> None:
    batches: list[list[int]] = []
    gate = threading.Event()

    def write(items: list[int]) -> set[int]:
        gate.wait(10)
        batches.append(items)
        return set(items)

    thread = writer(write)
    puts = [asyncio.create_task(thread.put(item)) for item in range(6)]
    await asyncio.sleep(0)
    thread.start()
    gate.set()
    assert await asyncio.gather(*puts) == [True] * 6
    assert batches == [[0, 1, 2, 3, 4, 5]]
    await asyncio.to_thread(thread.finish)


async def test_no_batch_has_two_items_of_one_request() -> None:
    """A stale epoch and a fresh one: the answer, a request's number, is the fresh one's alone."""
    batches: list[list[tuple[int, int]]] = []
    fresh = {(7, 2), (8, 1)}

    def write(items: list[tuple[int, int]]) -> set[int]:
        batches.append(items)
        return {number for number, epoch in items if (number, epoch) in fresh}

    thread = BatchWriter("writer", write, lambda item: item[0])
    puts = [asyncio.create_task(thread.put(item)) for item in ((7, 1), (8, 1), (7, 2), (9, 1))]
    await asyncio.sleep(0)
    thread.start()
    assert await asyncio.gather(*puts) == [False, True, True, False]
    assert batches == [[(7, 1), (8, 1)], [(7, 2), (9, 1)]]
    await asyncio.to_thread(thread.finish)


async def test_a_batch_has_a_limit() -> None:
    sizes: list[int] = []

    def write(items: list[int]) -> set[int]:
        sizes.append(len(items))
        return set(items)

    thread = writer(write, most=4)
    puts = [asyncio.create_task(thread.put(item)) for item in range(10)]
    await asyncio.sleep(0)
    thread.start()
    await asyncio.gather(*puts)
    assert sizes == [4, 4, 2]
    await asyncio.to_thread(thread.finish)


async def test_each_writer_learns_whether_its_own_item_took_effect() -> None:
    thread = writer(lambda items: {item for item in items if item % 2})
    thread.start()
    assert await asyncio.gather(*(thread.put(item) for item in (1, 2, 3))) == [True, False, True]
    await asyncio.to_thread(thread.finish)


async def test_a_poisoned_item_stops_none_of_the_others() -> None:
    def write(items: list[int]) -> set[int]:
        if 7 in items:
            raise StoreRejected("refused")
        return set(items)

    thread = writer(write)
    puts = [asyncio.create_task(thread.put(item)) for item in range(16)]
    await asyncio.sleep(0)
    thread.start()
    results = await asyncio.gather(*puts, return_exceptions=True)
    assert isinstance(results[7], StoreRejected)
    assert [result for index, result in enumerate(results) if index != 7] == [True] * 15
    await asyncio.to_thread(thread.finish)


async def test_a_lost_database_fails_the_whole_batch() -> None:
    def write(items: list[int]) -> set[int]:
        raise StoreUnavailable("gone")

    thread = writer(write)
    thread.start()
    with pytest.raises(StoreUnavailable):
        await thread.put(1)
    await asyncio.to_thread(thread.finish)


async def test_finish_writes_what_is_left() -> None:
    written: list[int] = []

    def write(items: list[int]) -> set[int]:
        written.extend(items)
        return set(items)

    thread = writer(write)
    puts = [asyncio.create_task(thread.put(item)) for item in range(3)]
    await asyncio.sleep(0)
    thread.start()
    await asyncio.to_thread(thread.finish)
    assert written == [0, 1, 2]
    assert await asyncio.gather(*puts) == [True, True, True]
    assert not thread.is_alive()


async def test_a_writer_that_gave_up_waiting_disturbs_nobody() -> None:
    gate = threading.Event()

    def write(items: list[int]) -> set[int]:
        gate.wait(10)
        if 9 in items:
            raise StoreRejected("refused")
        return set(items)

    thread = writer(write, most=1)
    thread.start()
    gone = [asyncio.create_task(thread.put(item)) for item in (1, 9)]
    stays = asyncio.create_task(thread.put(2))
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    gate.set()
    assert await stays
    await asyncio.to_thread(thread.finish)
