"""A database in memory, a quick node, and a route whose answers a test decides."""

from __future__ import annotations

import itertools

import pytest

from mi_bridge.bridge.claimer import ClaimPace
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.verdict import Judge
from mi_bridge.store.memory import MemoryDatabase
from scripted_route import ScriptedRoute

INTERFACES = (
    Interface("1101", "人员信息获取", "人员", MoneyClass.QUERY, ordered=False, enabled=True),
    Interface("2207", "门诊结算", "结算", MoneyClass.MONEY, ordered=True, enabled=True, reversed_by="2601"),
)


_names = itertools.count(1)


@pytest.fixture
def memory() -> MemoryDatabase:
    return MemoryDatabase(INTERFACES)


@pytest.fixture
def options() -> NodeOptions:
    return NodeOptions(
        node_id=f"node-{next(_names)}",
        host_name="host",
        version="0",
        window=50,
        pace=ClaimPace(batch=20, wait_max_ms=200, busy_step_ms=2, idle_step_ms=2),
        renew_s=0.2,
        heartbeat_s=0.1,
        rescue_s=0.1,
        drain_s=0.3,
        judge=Judge(Backoff(0.01, 0.02)),
        resolve_s=0.1,
    )


@pytest.fixture
async def route() -> ScriptedRoute:
    return ScriptedRoute()
