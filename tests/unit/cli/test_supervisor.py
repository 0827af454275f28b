from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from mi_bridge.cli.supervisor import SystemdSupervisor
from mi_bridge.service.notify import Notifier


async def test_systemd_hears_of_the_whole_life(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        supervisor = SystemdSupervisor(Notifier(str(address), watchdog_s=0.02))
        supervisor.ready()
        with supervisor.watching(lambda: True):
            await asyncio.sleep(0.05)
        supervisor.stopping()
        ear.setblocking(False)
        heard = []
        while True:
            try:
                heard.append(ear.recv(1024).decode().splitlines()[0])
            except BlockingIOError:
                break
    assert (heard[0], heard[-1]) == ("READY=1", "STOPPING=1")
    assert set(heard[1:-1]) == {"WATCHDOG=1"}


async def test_where_nobody_listens_nothing_is_said() -> None:
    supervisor = SystemdSupervisor(Notifier())
    supervisor.ready()
    with supervisor.watching(lambda: True):
        await asyncio.sleep(0)
    supervisor.stopping()
    assert [
        task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.cancelling()
    ] == []
