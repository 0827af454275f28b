from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from mi_bridge.cli.waiting import interruptible


def test_the_result_comes_back() -> None:
    assert interruptible(lambda: threading.current_thread() is threading.main_thread(), lambda: None) is False


def test_a_fault_comes_back() -> None:
    def fail() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        interruptible(fail, lambda: None)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_the_work() -> None:
    ended = threading.Event()

    def work() -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return ended.wait(30)

    with pytest.raises(KeyboardInterrupt):
        interruptible(work, ended.set)
    assert ended.is_set()
