import asyncio
import socket
from pathlib import Path

import pytest

from mi_bridge.service import Notifier, Supervisor


async def test_systemd_hears_of_start_life_and_stop(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(30)
        supervisor = Supervisor(Notifier(address, watchdog_s=30))
        with supervisor.watching(lambda: True):
            supervisor.ready()
            await asyncio.sleep(0)
            supervisor.stopping()
        await asyncio.sleep(0)
        told = [listener.recv(1000).splitlines()[0] for _ in range(3)]
    assert told == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    assert [task for task in asyncio.all_tasks() if task.get_name() == "watchdog"] == []


async def test_alone_it_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    supervisor = Supervisor()
    with supervisor.watching(lambda: False):
        supervisor.ready()
        supervisor.stopping()
        await asyncio.sleep(0)
    assert not any(task.get_name() == "watchdog" for task in asyncio.all_tasks())
