"""Waiting that Ctrl-C can end: a driver's call does not hear signals, so it gets a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
    with ThreadPoolExecutor(1, thread_name_prefix="waiting") as pool:
        future = pool.submit(work)
        try:
            while not _ended(future, _LOOK_S):
                pass
        except KeyboardInterrupt:
            while not _ended(future, _AGAIN_S):
                interrupt()
            raise
        return future.result()


def _ended(future: Future[Result], patience_s: float) -> bool:
    return bool(wait([future], patience_s).done)
