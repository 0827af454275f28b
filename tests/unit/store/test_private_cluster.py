"""A real server each; nothing is doubled but accounts that cannot do what they are asked."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from mi_bridge.errors import StoreError, StoreUnavailable
from mi_bridge.store import private_cluster
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.private_cluster import ClusterAddress, PrivateCluster
from mi_bridge.store.server_account import ServerAccount

ACCOUNT = ServerAccount.suitable()


@dataclasses.dataclass(frozen=True, slots=True)
class LockedOut(ServerAccount):
    """Cannot enter the folders named."""

    shut: tuple[Path, ...] = ()

    def reaches(self, folder: Path) -> bool:
        return not any(folder.is_relative_to(shut) for shut in self.shut) and ServerAccount.reaches(
            self, folder
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Clumsy(ServerAccount):
    """Fails at every command that has this argument."""

    at: str = ""

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        if self.at in map(str, command) or str(command[0]).endswith(self.at):
            return subprocess.CompletedProcess([], 1, "", "first reason\nlast reason\n")
        return ServerAccount.run(self, *command)


@contextmanager
def folder_open_to_all() -> Iterator[Path]:
    """Where every account may enter; pytest's own temporary folders are closed to others."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with folder_open_to_all() as folder:
        yield folder


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A server's folder to copy: making one takes most of a second."""
    with folder_open_to_all() as folder:
        cluster = PrivateCluster(folder / "postgresql", durable=False)
        cluster.start()
        cluster.stop()
        yield cluster.home


@pytest.fixture
def cluster(open_folder: Path, made_once: Path) -> Iterator[PrivateCluster]:
    subprocess.run(["cp", "--archive", made_once, open_folder / "postgresql"], check=True)
    cluster = PrivateCluster(open_folder / "postgresql", durable=False)
    yield cluster
    cluster.stop()


def ask(address: ClusterAddress, question: str, *parameters: Any) -> Any:
    connection = load_pyodbc().connect(address.connection_string(), autocommit=True)
    try:
        return connection.execute(question, *parameters).fetchval()
    finally:
        connection.close()


def store(address: ClusterAddress, text: str) -> None:
    ask(address, "WITH made AS (SELECT 1) SELECT set_config('x.y', 'z', false)")
    connection = load_pyodbc().connect(address.connection_string(), autocommit=True)
    connection.execute("CREATE TABLE kept (line text)")
    connection.execute("INSERT INTO kept VALUES (?)", text)
    connection.close()


def process_of(cluster: PrivateCluster) -> psutil.Process:
    return psutil.Process(int((cluster.home / "data" / "postmaster.pid").read_text().split()[0]))


def test_a_durable_server_of_our_own_serves_chinese_text_on_the_loopback_only(open_folder: Path) -> None:
    cluster = PrivateCluster(open_folder / "new" / "postgresql")
    try:
        address = cluster.start()
        assert ask(address, "SELECT ?::text", "医保𠮷") == "医保𠮷"
        assert ask(address, "SHOW fsync") == "on"
        assert ask(address, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(address, "SHOW unix_socket_directories") == ""
        assert cluster.home == open_folder / "new" / "postgresql"
    finally:
        cluster.destroy()
    assert not cluster.home.exists()


def test_the_password_is_kept_from_others_and_out_of_sight(cluster: PrivateCluster) -> None:
    address = cluster.start()
    assert (cluster.home / "secret").stat().st_mode & 0o777 == 0o600
    assert (cluster.home / "secret").read_text() == address.password
    assert address.password not in repr(address) + repr(cluster) + cluster.log_file.read_text()
    assert not (cluster.home / "secret.new").exists()
    stranger = dataclasses.replace(address, password="guessed")
    with pytest.raises(load_pyodbc().Error, match=r"28P01|password authentication failed"):
        ask(stranger, "SELECT 1")


def test_starting_a_running_server_gives_the_same_address(cluster: PrivateCluster) -> None:
    address = cluster.start()
    server = process_of(cluster)
    assert PrivateCluster(cluster.home).start() == address
    assert process_of(cluster) == server


def test_data_and_port_outlive_a_stop_and_no_process_does(cluster: PrivateCluster) -> None:
    address = cluster.start()
    store(address, "留下")
    processes = [process_of(cluster), *process_of(cluster).children()]
    cluster.stop()
    assert not cluster.running
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
    assert cluster.start() == address
    assert ask(address, "SELECT line FROM kept") == "留下"


def test_stopping_a_stopped_server_does_nothing(cluster: PrivateCluster) -> None:
    cluster.stop()
    assert not cluster.running


def test_another_port_is_taken_when_the_last_one_is_no_longer_free(cluster: PrivateCluster) -> None:
    address = cluster.start()
    cluster.stop()
    with socket.create_server((address.host, address.port)):
        moved = cluster.start()
    assert moved.port != address.port
    assert ask(moved, "SELECT 1") == 1


def test_an_unreadable_port_file_costs_nothing_but_the_port(cluster: PrivateCluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.home / "port").write_text("no number")
    assert ask(cluster.start(), "SELECT 1") == 1


def test_a_killed_server_starts_again_with_what_was_committed(cluster: PrivateCluster) -> None:
    address = cluster.start()
    store(address, "committed")
    process_of(cluster).send_signal(signal.SIGKILL)
    process_of(cluster).wait(10)
    assert not cluster.running
    assert ask(cluster.start(), "SELECT line FROM kept") == "committed"


def test_a_process_id_that_now_belongs_to_another_program_is_no_server(cluster: PrivateCluster) -> None:
    cluster.start()
    cluster.stop()
    stale = f"{os.getpid()}\n{cluster.home}/data\n1700000000\n20000\n\n127.0.0.1\n0 0\nready\n"
    (cluster.home / "data" / "postmaster.pid").write_text(stale)
    assert not cluster.running
    assert ask(cluster.start(), "SELECT 1") == 1


def test_a_mangled_process_id_is_no_server(cluster: PrivateCluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.home / "data" / "postmaster.pid").write_text("mangled\n")
    assert not cluster.running
    (cluster.home / "data" / "postmaster.pid").unlink()


def test_data_half_made_by_a_killed_start_is_made_anew(open_folder: Path) -> None:
    cluster = PrivateCluster(open_folder / "postgresql", durable=False)
    (cluster.home / "data.new" / "base").mkdir(parents=True)
    (cluster.home / "secret").write_text("of the half-made data")
    try:
        assert ask(cluster.start(), "SELECT 1") == 1
        assert not (cluster.home / "data.new").exists()
    finally:
        cluster.stop()


def test_the_last_of_several_users_stops_the_server(cluster: PrivateCluster) -> None:
    first, second = cluster.shared(), PrivateCluster(cluster.home).shared()
    assert first.__enter__() == second.__enter__()
    first.__exit__(None, None, None)
    assert cluster.running
    second.__exit__(None, None, None)
    assert not cluster.running


def test_a_user_who_fails_stops_the_server_too(cluster: PrivateCluster) -> None:
    with pytest.raises(KeyboardInterrupt), cluster.shared():
        raise KeyboardInterrupt
    assert not cluster.running


def test_data_goes_elsewhere_when_the_server_may_not_enter_the_project(open_folder: Path) -> None:
    shut = LockedOut(ACCOUNT.uid, ACCOUNT.gid, (open_folder / "project",))
    folders = [open_folder / "project" / name for name in ("postgresql", "other")]
    clusters = [
        PrivateCluster(folder, account=shut, fallback=open_folder / "elsewhere") for folder in folders
    ]
    assert {cluster.home.parent for cluster in clusters} == {open_folder / "elsewhere"}
    assert clusters[0].home != clusters[1].home
    assert (
        PrivateCluster(folders[0], account=shut, fallback=open_folder / "elsewhere").home == clusters[0].home
    )


@pytest.mark.skipif(ACCOUNT.uid is None, reason="only root lends the server to another account")
def test_root_finds_by_itself_that_the_server_may_not_enter(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    cluster = PrivateCluster(closed / "postgresql", fallback=open_folder / "elsewhere", durable=False)
    try:
        assert ask(cluster.start(), "SELECT 1") == 1
        assert cluster.home.parent == open_folder / "elsewhere"
    finally:
        cluster.destroy()


def test_no_place_the_server_may_enter_is_told_with_the_remedy(open_folder: Path) -> None:
    shut = LockedOut(ACCOUNT.uid, ACCOUNT.gid, (open_folder,))
    with pytest.raises(StoreError, match=r"can enter neither .*chmod o\+x"):
        PrivateCluster(open_folder / "postgresql", account=shut, fallback=open_folder / "elsewhere")


def test_a_failed_creation_gives_initdbs_reason(open_folder: Path) -> None:
    clumsy = Clumsy(ACCOUNT.uid, ACCOUNT.gid, "initdb")
    cluster = PrivateCluster(open_folder / "postgresql", account=clumsy)
    with pytest.raises(StoreError, match=r"initdb failed in .*: last reason"):
        cluster.start()
    assert not (cluster.home / "data").exists()


def test_a_server_that_does_not_start_is_told_with_its_own_words(
    cluster: PrivateCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_cluster, "_LAUNCH_PAUSE_SECONDS", 0)
    address = cluster.start()
    cluster.stop()
    with (cluster.home / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = 'nonsense'\n")
    with pytest.raises(
        StoreUnavailable, match=r"does not start: .*contains errors.*postgresql\.log"
    ) as caught:
        cluster.start()
    assert address.password not in str(caught.value)


def test_a_server_that_says_nothing_is_told_too(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_cluster, "_LAUNCH_PAUSE_SECONDS", 0)
    cluster = PrivateCluster(open_folder / "postgresql", account=Clumsy(ACCOUNT.uid, ACCOUNT.gid, "start"))
    with pytest.raises(StoreUnavailable, match=r"does not start: no reason given"):
        cluster.start()


def test_a_server_that_does_not_stop_is_told(cluster: PrivateCluster) -> None:
    cluster.start()
    stubborn = PrivateCluster(cluster.home, account=Clumsy(ACCOUNT.uid, ACCOUNT.gid, "stop"))
    with pytest.raises(StoreError, match=r"does not stop"):
        stubborn.stop()
    assert cluster.running


def test_a_server_launched_by_one_who_died_is_waited_for(
    cluster: PrivateCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = cluster.start()
    pid_file = cluster.home / "data" / "postmaster.pid"
    ready = pid_file.read_text()
    pid_file.write_text(ready.replace("ready", "starting"))
    monkeypatch.setattr(time, "sleep", lambda _: pid_file.write_text(ready))
    assert cluster.start() == address
    pid_file.write_text(ready.replace("ready", "starting"))
    monkeypatch.setattr(private_cluster, "_READY_SECONDS", 0)
    with pytest.raises(StoreUnavailable, match=r"does not become ready"):
        cluster.start()
    pid_file.write_text(ready)
