from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from mi_bridge.cli.waiting import interruptible

ON_LINUX = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def test_the_result_comes_back() -> None:
    assert interruptible(lambda: threading.current_thread() is threading.main_thread(), lambda: None) is False


def test_a_fault_comes_back() -> None:
    def fail() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        interruptible(fail, lambda: None)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@ON_LINUX
def test_ctrl_c_ends_the_work() -> None:
    ended = threading.Event()

    def work() -> bool:
        press_ctrl_c()
        return ended.wait(30)

    with pytest.raises(KeyboardInterrupt):
        interruptible(work, ended.set)
    assert ended.is_set()


@ON_LINUX
def test_ctrl_c_long_after_ends_the_work_too() -> None:
    wanted, ended = threading.Event(), threading.Event()

    def work() -> None:
        # by now the main thread waits, and is not at its start
        time.sleep(0.3)
        press_ctrl_c()
        wanted.wait(30)
        time.sleep(0.1)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        interruptible(work, wanted.set)
    assert ended.is_set()


@ON_LINUX
def test_a_second_ctrl_c_leaves_no_work_behind() -> None:
    asked: list[int] = []
    ended = threading.Event()

    def interrupt() -> None:
        asked.append(1)
        if len(asked) < 3:
            press_ctrl_c()

    def work() -> None:
        press_ctrl_c()
        while len(asked) < 5:
            time.sleep(0.01)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        interruptible(work, interrupt)
    assert ended.is_set()


def test_ctrl_c_before_the_work_began(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    threads: list[threading.Thread] = []
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        threads.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        interruptible(lambda: begun.append(1), lambda: begun.append(2))
    start(threads[0])
    threads[0].join()
    assert begun == []
