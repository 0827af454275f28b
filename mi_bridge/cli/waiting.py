"""Waiting that Ctrl-C can end: a driver's call does not hear signals, so it gets a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
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
        KeyboardInterrupt: somebody wanted it; the work has ended.
    """
    future: Future[Result] = Future()
    thread = threading.Thread(target=_fulfil, args=(future, work), name="waiting", daemon=True)
    try:
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK_S)
    except KeyboardInterrupt:
        while thread.is_alive():
            interrupt()
            thread.join(_AGAIN_S)
        raise
    return future.result()


def _fulfil(future: Future[Result], work: Callable[[], Result]) -> None:
    try:
        future.set_result(work())
    except BaseException as fault:  # noqa: BLE001 - raised again where the result is wanted
        future.set_exception(fault)
