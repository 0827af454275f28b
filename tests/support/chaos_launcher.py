"""Starts nodes of the bridge that can be told to die at a numbered step. A program: ``python chaos_launcher.py``.

It reads one JSON order a line and answers each with one line. ``{"start": {…}}`` forks a node (everything is imported already, so
that a start costs a tenth of a second) and answers with its process id; ``{"wait": pid, "limit_s": 5}`` answers with its exit status,
null while it runs. When its input ends, for whatever reason, every node is killed: nothing outlives the test.

A node is the real daemon, ``mi_bridge.daemon.run_daemon``, with its settings file. A trap is set by wrapping methods of the store and
of the transport; nothing of the bridge knows of it.
"""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import functools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import mi_bridge.daemon
from mi_bridge.bridge import resolver
from mi_bridge.bridge.database_clock import DatabaseClock
from mi_bridge.bridge.keeper import Keeper
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.resolution import Resolution
from mi_bridge.insurer.transport.answer_reader import AnswerReader
from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.logging import configure_logging
from mi_bridge.settings import load_settings
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_store import OdbcStore

Method = Callable[..., Any]
_PR_SET_PDEATHSIG = 1
_LOOK_S = 0.005
_STORE_STEPS = (
    "claim",
    "begin_send",
    "finish",
    "divide",
    "divided",
    "join",
    "claim_uncertain",
    "begin_step",
    "finish_step",
)
_SAGA_STEPS = ("claim_sagas", "advance_saga")
# an empty claim is no step of any request
_COUNT_WHEN_FOUND = ("claim", "claim_uncertain", "claim_sagas")


class Trap:
    """Kills its own process at the n-th passage of a point.

    Args:
        step: ``claim``, ``begin_send``, ``first_byte`` …
        when: ``before`` or ``after`` it.
        nth: the how many-th passage, from 1.
    """

    def __init__(self, step: str, when: str, nth: int = 1) -> None:
        self._point = (step, when)
        self._left = nth

    def passed(self, step: str, when: str) -> None:
        """Pass a point; at the trap's own, die as a power cut would have it."""
        if (step, when) != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()  # not one instruction of the bridge's own after this


class Silent:
    """Nobody watches the node but the test."""

    def ready(self) -> None:
        return

    def stopping(self) -> None:
        return

    def watching(self, alive: Callable[[], bool]) -> AbstractContextManager[object]:
        return nullcontext()


def set_trap(trap: Trap) -> None:
    """Wrap every step of the store and of the wire."""
    for name in _STORE_STEPS:
        setattr(OdbcStore, name, _around(trap, name, getattr(OdbcStore, name)))
    for name in _SAGA_STEPS:
        setattr(OdbcSagaStore, name, _around(trap, name, getattr(OdbcSagaStore, name)))
    wire = (
        (FirstByteGate, "open", _then(trap, "first_byte", "before")),
        (Connection, "exchange", _beginning(trap, "written")),
        (AnswerReader, "on_headers_complete", _then(trap, "headers", "after")),
        (AnswerReader, "answer", _then(trap, "answer", "after")),
    )
    for owner, name, wrap in wire:
        setattr(owner, name, wrap(getattr(owner, name)))


def _around(trap: Trap, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def wrapped(*arguments: Any) -> Any:
        trap.passed(name, "before")
        result = method(*arguments)
        if result or name not in _COUNT_WHEN_FOUND:
            trap.passed(name, "after")
        return result

    return wrapped


def _then(trap: Trap, step: str, when: str) -> Callable[[Method], Method]:
    """Pass a point when a method has returned; the gate's return is the moment before the first byte."""

    def wrap(method: Method) -> Method:
        @functools.wraps(method)
        def wrapped(*arguments: Any) -> Any:
            result = method(*arguments)
            trap.passed(step, when)
            return result

        return wrapped

    return wrap


def _beginning(trap: Trap, step: str) -> Callable[[Method], Method]:
    """Pass a point when a coroutine first waits: an exchange writes its message before it waits for the answer."""

    def wrap(method: Method) -> Method:
        @functools.wraps(method)
        async def wrapped(*arguments: Any, **named: Any) -> Any:
            asyncio.get_running_loop().call_soon(trap.passed, step, "after")
            return await method(*arguments, **named)

        return wrapped

    return wrap


async def _leave_it(self: Keeper) -> None:
    """Rescue nothing."""


def hurry(
    *, resolve_s: float, grace_s: float, step_s: int, capacity: int, backoff_s: float, rescues: bool
) -> None:
    """Shorten the waits no setting shortens, so that a test sees in seconds what takes a site minutes."""
    if not rescues:
        Keeper.rescue = _leave_it  # type: ignore[method-assign]  # that is the point
    patient = mi_bridge.daemon.node_options

    def hurried(*arguments: Any) -> NodeOptions:
        options = patient(*arguments)
        return dataclasses.replace(
            options,
            resolve_s=resolve_s,
            step_s=step_s,
            judge=dataclasses.replace(options.judge, grace_s=grace_s),
            rescue=dataclasses.replace(options.rescue, grace_seconds=round(grace_s)),
            resolution=Resolution(backoff=Backoff(backoff_s, 4 * backoff_s)),
        )

    mi_bridge.daemon.node_options = hurried  # type: ignore[assignment]  # the same but for the names of its arguments
    resolver._CAPACITY = capacity


def set_clock(off_s: float) -> None:
    """Have this machine's own clock be off; the one that nobody can set goes on."""
    true = time.time

    def wall() -> float:
        return true() + off_s

    time.time = wall
    made_otherwise = functools.partial(DatabaseClock, wall)
    mi_bridge.daemon.DatabaseClock = made_otherwise  # type: ignore[attr-defined, assignment]  # what the daemon makes its clock with


def stall(seconds: float) -> None:
    """Have the journal's first call take so long, as when its connection was lost and the others' are back sooner."""
    begin_send = OdbcStore.begin_send
    first = iter((seconds,))

    @functools.wraps(begin_send)
    def stalled(*arguments: Any) -> Any:
        time.sleep(next(first, 0))
        return begin_send(*arguments)

    OdbcStore.begin_send = stalled  # type: ignore[method-assign, assignment]  # that is the point


def run_node(order: dict[str, Any]) -> None:
    """Be a node until the end."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    set_clock(order["clock_off_s"])
    if order["stall_s"]:
        stall(order["stall_s"])
    if order.get("hurry"):
        hurry(**order["hurry"])
    if order.get("trap"):
        set_trap(Trap(*order["trap"]))
    settings = load_settings(Path(order["settings"]))
    with configure_logging(node=settings.bridge.node_name, **settings.log.model_dump()):
        mi_bridge.daemon.run_daemon(settings, Silent())


def start(order: dict[str, Any]) -> int:
    """Fork a node and return its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        run_node(order)
        status = 0
    except BaseException:  # noqa: BLE001 - the child must end here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(child: int, limit_s: float) -> int | None:
    """Return a node's exit status (a signal's number with a minus), None when it still runs after the limit."""
    give_up = time.monotonic() + limit_s
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > give_up:
            return None
        time.sleep(_LOOK_S)


def main() -> None:
    """Take orders until the input ends."""
    living: set[int] = set()
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "start" in order:
                answer: int | None = start(order["start"])
                living.add(answer or 0)
            else:
                answer = wait(order["wait"], order["limit_s"])
                if answer is not None:
                    living.discard(order["wait"])
            print(json.dumps(answer), flush=True)  # noqa: T201 - it is a program, and this its answer
    finally:
        for child in living:
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
