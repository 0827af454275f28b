"""Waiting that Ctrl-C can end: a driver's call does not hear signals, so it gets a thread of its own.

Whether the work has ended is asked of its future, never of the thread: Python up to 3.12 takes a thread for dead when
Ctrl-C comes while it is joined (CPython issue 90882), and a connection closed under a thread's hands is a crash.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")

_LOOK_S = 0.2
_AGAIN_S = 0.02


def interruptible(work: Callable[[], Result], interrupt: Callable[[], None]) -> Result:
    """Run work in a thread and return its result.

    Args:
        work: what takes long.
        interrupt: ends the database call the work is in; called until the work has ended when somebody wants it to.

    Raises:
        KeyboardInterrupt: somebody wanted it; the work has ended, or never began.
    """
    future: Future[Result] = Future()
    thread = threading.Thread(target=_fulfil, args=(future, work), name="waiting", daemon=True)
    try:
        thread.start()
        while not future.done():
            wait([future], _LOOK_S)
    except KeyboardInterrupt:
        if not future.cancel():
            _end(future, interrupt)
        raise
    return future.result()


def _end(future: Future[Result], interrupt: Callable[[], None]) -> None:
    while not future.done():
        with suppress(KeyboardInterrupt):  # a second one wants what is under way
            interrupt()
            wait([future], _AGAIN_S)


def _fulfil(future: Future[Result], work: Callable[[], Result]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as fault:  # noqa: BLE001 - raised again where the result is wanted
        future.set_exception(fault)
