from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.pool import Pool
from mi_bridge.insurer.transport.target import Origin


@asynccontextmanager
async def new_pool(limit: int = 8, keepalive_s: float = 15.0) -> AsyncIterator[Pool]:
    pool = Pool(tls=ssl.create_default_context(), limit=limit, keepalive_s=keepalive_s)
    yield pool
    await pool.aclose()


def hangs(conn: Any) -> None:
    conn.hang()


def origin_of(server: Any) -> Origin:
    return Origin(False, "127.0.0.1", server.port)


async def take(pool: Pool, server: Any, *, pool_s: float = 5, connect_s: float = 5) -> Connection:
    return await pool.take(origin_of(server), pool_s=pool_s, connect_s=connect_s)


async def test_the_connection_used_last_is_used_first(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    async with new_pool() as pool:
        first, second = await take(pool, server), await take(pool, server)
        pool.give_back(first)
        pool.give_back(second)
        assert [await take(pool, server) for _ in range(2)] == [second, first]


async def test_who_waits_first_is_served_first(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    served: list[int] = []
    used: set[Connection] = set()
    async with new_pool(limit=1) as pool:

        async def use(number: int) -> None:
            connection = await take(pool, server)
            served.append(number)
            used.add(connection)
            await asyncio.sleep(0)
            pool.give_back(connection)

        await asyncio.gather(*(use(number) for number in range(20)))
    assert served == list(range(20))
    assert len(used) == 1


async def test_a_waiter_who_leaves_takes_no_place_along(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    async with new_pool(limit=1) as pool:
        connection = await take(pool, server)
        waiting = [asyncio.create_task(take(pool, server)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        pool.give_back(connection)
        waiting[1].cancel()
        pool.give_back(await waiting[2])
        with pytest.raises(asyncio.CancelledError):
            await waiting[1]
        pool.give_back(await take(pool, server, pool_s=1))
    assert pool._slots._value == 1
    assert pool._busy == 0


async def test_too_long_a_wait_ends(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    async with new_pool(limit=1) as pool:
        connection = await take(pool, server)
        with pytest.raises(httpx.PoolTimeout):
            await take(pool, server, pool_s=0.05)
        pool.give_back(connection)


async def test_waiting_and_connecting_have_one_deadline(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    async with new_pool() as pool:
        with pytest.raises(httpx.ConnectTimeout):
            await pool.take(origin_of(server), pool_s=5, connect_s=5, deadline=time.monotonic() - 1)
        assert pool._busy == 0


async def test_idle_connections_close_by_themselves(raw_server: Callable[..., Any]) -> None:
    ends = threading.Barrier(3)

    def waits_for_the_end(conn: Any) -> None:
        assert conn.sock.recv(1) == b""
        ends.wait(10)

    server = raw_server(waits_for_the_end)
    async with new_pool(keepalive_s=0.1) as pool:
        first, second = await take(pool, server), await take(pool, server)
        pool.give_back(first)
        await asyncio.sleep(0.05)
        pool.give_back(second)
        await asyncio.to_thread(ends.wait, 10)
        await asyncio.gather(first.lost, second.lost)
        assert pool._open == set()
        assert pool._sweep is None


async def test_an_expired_connection_is_not_used_even_if_it_is_still_there(
    raw_server: Callable[..., Any],
) -> None:
    server = raw_server(hangs)
    async with new_pool(keepalive_s=0.05) as pool:
        old = await take(pool, server)
        pool.give_back(old)
        time.sleep(0.1)  # noqa: ASYNC251 - the loop must not close it meanwhile
        new = await take(pool, server)
        assert new is not old
        pool.give_back(new)


async def test_what_idles_for_another_server_makes_room(raw_server: Callable[..., Any]) -> None:
    one, other = raw_server(hangs), raw_server(hangs)
    async with new_pool(limit=2) as pool:
        old, newer = await take(pool, one), await take(pool, one)
        pool.give_back(old)
        pool.give_back(newer)
        taken = await take(pool, other)
        await old.lost
        assert newer.usable
        pool.give_back(taken)


async def test_a_harmed_connection_is_not_kept(raw_server: Callable[..., Any]) -> None:
    server = raw_server(hangs)
    async with new_pool() as pool:
        harmed = await take(pool, server)
        harmed.clean = False
        pool.give_back(harmed)
        await harmed.lost
        other = await take(pool, server)
        assert other is not harmed
        pool.give_back(other)


async def test_a_closed_pool_refuses_those_who_wait_and_those_who_connect(
    raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw_server(hangs)
    async with new_pool(limit=2) as pool:
        used = await take(pool, server)
        connecting = asyncio.create_task(take(pool, server))
        waiting = asyncio.create_task(take(pool, server))
        await asyncio.sleep(0)
        await pool.aclose()
        pool.give_back(used)
        for task in (connecting, waiting):
            with pytest.raises(httpx.LocalProtocolError, match="closed"):
                await task
    assert pool._busy == 0
