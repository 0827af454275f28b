from __future__ import annotations

import os
import signal
import sys

import pytest

from mi_bridge.cli.demo.interruption import Interruption

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def _send(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_and_the_second_does_not_disturb(number: int) -> None:
    before = signal.getsignal(number)
    reached = False
    with Interruption():
        with pytest.raises(KeyboardInterrupt):
            _send(number)
        _send(number)
        reached = True
    assert reached
    assert signal.getsignal(number) == before


def test_a_shield_puts_the_signal_off() -> None:
    steps: list[str] = []

    def work(interruption: Interruption) -> None:
        with interruption.shielded():
            _send()
            steps.append("whole")

    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt):
            work(interruption)
        with interruption.shielded():
            steps.append("cleaned up")
    assert steps == ["whole", "cleaned up"]


def test_a_shield_without_a_signal_does_nothing() -> None:
    with Interruption() as interruption, interruption.shielded():
        calm = True
    assert calm
