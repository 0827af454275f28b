"""A request that needs a sign-in before it can leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from mi_bridge.bridge.delivery import Delivery
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import ClaimedRequest, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.errors import SignInUnavailable, StoreUnavailable
from scripted_route import ScriptedRoute

REQUEST = ClaimedRequest(Lease(1, 2), "2207", "{}", MoneyClass.MONEY)


class SigningRoute(ScriptedRoute):
    """Waits for a sign-in as told before each request."""

    def __init__(self, fault: Exception | None = None, *, outcome: Outcome = Outcome.OK) -> None:
        super().__init__()
        self.fault = fault
        self.outcomes = lambda _: outcome
        self.signed = asyncio.Event()
        self.signed.set()
        self.waited = asyncio.Event()

    def sign_in(self, request: ClaimedRequest) -> Awaitable[None] | None:
        return self._sign_in()

    async def _sign_in(self) -> None:
        self.waited.set()
        await self.signed.wait()
        if self.fault:
            raise self.fault


class Journal:
    def __init__(self) -> None:
        self.intents: list[Intent] = []

    async def put(self, item: Intent) -> bool:
        self.intents.append(item)
        return True


def _delivery(route: SigningRoute) -> tuple[Delivery, Journal]:
    journal = Journal()
    return Delivery(route, journal, Judge(Backoff()), lease_s=30, clock=lambda: 1000.0), journal


async def test_a_request_leaves_once_its_operator_is_signed_in() -> None:
    route = SigningRoute()
    route.signed.clear()
    walk, journal = _delivery(route)
    task = asyncio.create_task(walk.deliver(REQUEST, 990.0))
    await route.waited.wait()
    await asyncio.sleep(0)
    assert (route.sent, journal.intents) == ([], [])
    route.signed.set()
    completion = await task
    assert completion is not None
    assert (completion.status, route.sent) == (Status.COMPLETED, [1])


@pytest.mark.parametrize(("retry_s", "delay_ms"), [(0.0, 500), (2.0, 2000), (60.0, 5000)])
async def test_where_none_is_to_be_had_it_goes_back_to_the_queue_and_costs_no_try(
    retry_s: float, delay_ms: int
) -> None:
    route = SigningRoute(SignInUnavailable("操作员不存在", retry_s=retry_s))
    walk, journal = _delivery(route)
    completion = await walk.deliver(REQUEST, 990.0)
    assert completion is not None
    assert (completion.status, completion.attempt, completion.delay_ms) == (Status.PENDING, None, delay_ms)
    assert (completion.error_code, completion.error_message) == (None, "等待签到：操作员不存在")
    assert (route.sent, journal.intents) == ([], [])


async def test_a_lost_database_leaves_the_request_to_its_lease() -> None:
    walk, journal = _delivery(SigningRoute(StoreUnavailable("gone")))
    with pytest.raises(StoreUnavailable):
        await walk.deliver(REQUEST, 990.0)
    assert journal.intents == []


async def test_a_node_that_stops_waits_for_no_sign_in() -> None:
    route = SigningRoute()
    route.signed.clear()
    walk, journal = _delivery(route)
    task = asyncio.create_task(walk.deliver(REQUEST, 990.0))
    await route.waited.wait()
    walk.halt()
    assert await task is None
    assert (route.sent, journal.intents) == ([], [])


async def test_a_cancellation_that_is_not_the_halts_is_nobodys_to_swallow() -> None:
    route = SigningRoute()
    route.signed.clear()
    walk, _ = _delivery(route)
    task = asyncio.create_task(walk.deliver(REQUEST, 990.0))
    await route.waited.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_refused_number_sends_the_request_back_at_once() -> None:
    walk, journal = _delivery(SigningRoute(outcome=Outcome.NOT_SIGNED_IN))
    completion = await walk.deliver(REQUEST, 990.0)
    assert completion is not None
    assert (completion.status, completion.delay_ms, len(journal.intents)) == (Status.PENDING, 0, 1)
    assert completion.attempt is not None
    assert completion.attempt.outcome is Outcome.NOT_SIGNED_IN


def test_nothing_is_waited_for_where_nobody_signs_in() -> None:
    async def check() -> Any:
        return ScriptedRoute().sign_in(REQUEST)

    assert asyncio.run(check()) is None
