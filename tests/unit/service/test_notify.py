import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_bridge.service import Notifier, Watchdog


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket, and its address as NOTIFY_SOCKET has it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@mi-bridge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0") if address.startswith("@") else address)
        listener.settimeout(30)
        yield listener, address


def test_messages_arrive_as_systemd_wants_them(manager: tuple[socket.socket, str]) -> None:
    listener, address = manager
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
    assert notifier.active
    assert notifier.ready("claiming\nfor two lines")
    assert notifier.status("12 in flight")
    assert notifier.alive()
    assert notifier.stopping()
    assert [listener.recv(1000) for _ in range(4)] == [
        b"READY=1\nSTATUS=claiming for two lines",
        b"STATUS=12 in flight",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_without_a_manager_nothing_happens(environment: dict[str, str]) -> None:
    notifier = Notifier.from_environment(environment)
    assert not notifier.active
    assert not notifier.ready()


def test_a_manager_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    assert not Notifier(str(tmp_path / "none")).ready()


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdogs_interval(environment: dict[str, str], interval_s: float | None) -> None:
    assert Notifier.from_environment(environment).watchdog_s == interval_s


async def receive(listener: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(listener, 1000), 30)


async def test_the_watchdog_is_fed_while_all_live_and_starved_when_a_thread_dies(
    manager: tuple[socket.socket, str],
) -> None:
    listener, address = manager
    listener.setblocking(False)
    answers = iter([True, True, False, False, True])
    over = asyncio.Event()

    def alive() -> bool:
        answer = next(answers, None)
        if answer is None:
            over.set()
        return bool(answer)

    task = asyncio.create_task(Watchdog(Notifier(address, watchdog_s=0.01), alive).run())
    await asyncio.wait_for(over.wait(), 30)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    told = [await receive(listener) for _ in range(4)]
    assert [message.startswith(b"STATUS=a thread is dead") for message in told] == [False, False, True, False]
    assert told.count(b"WATCHDOG=1") == 3


async def test_a_loop_that_hangs_feeds_nobody(manager: tuple[socket.socket, str]) -> None:
    listener, address = manager
    listener.setblocking(False)
    task = asyncio.create_task(Watchdog(Notifier(address, watchdog_s=0.002), lambda: True).run())
    assert await receive(listener) == b"WATCHDOG=1"
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.recv(1000)
    listener.settimeout(0.1)
    with pytest.raises(TimeoutError):
        listener.recv(1000)  # holds up the loop, and with it the feeding
    task.cancel()


async def test_without_a_watchdog_the_task_ends_at_once() -> None:
    asked: list[int] = []
    for notifier in (Notifier("@somewhere"), Notifier("", watchdog_s=1)):
        await Watchdog(notifier, lambda: bool(asked.append(1))).run()  # type: ignore[func-returns-value]  # counts the questions
    assert asked == []
