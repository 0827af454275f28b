from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mi_bridge.store.driver_log import driver_log_sweeper


@pytest.mark.parametrize("content", ["", "PQfinish: 0x5604493c3bc0\n", "PQfinish: 0x1\nPQfinish: 0x2\n"])
def test_what_the_driver_leaves_behind_is_swept_up(tmp_path: Path, content: str) -> None:
    log = tmp_path / f"psqlodbc_python3_root{os.getpid()}.log"
    log.write_text(content)
    driver_log_sweeper(tmp_path)()
    assert not log.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("psqlodbc_python3_root{pid}.log", "PQfinish: 0x1\nPQsendQuery: 0x1 'SELECT 1'\n"),
        ("psqlodbc_python3_root9{pid}.log", "PQfinish: 0x1\n"),
        ("mylog_python3_root{pid}.log", "PQfinish: 0x1\n"),
    ],
    ids=["wanted by somebody", "of another process", "of another kind"],
)
def test_other_logs_stay(tmp_path: Path, name: str, content: str) -> None:
    log = tmp_path / name.format(pid=os.getpid())
    log.write_text(content)
    driver_log_sweeper(tmp_path)()
    assert log.read_text() == content


def test_a_log_that_cannot_be_read_stays(tmp_path: Path) -> None:
    folder = tmp_path / f"psqlodbc_python3_root{os.getpid()}.log"
    folder.mkdir()
    driver_log_sweeper(tmp_path)()
    assert folder.is_dir()


def test_a_process_that_closes_its_connections_leaves_no_log(postgresql_server: str) -> None:
    program = (
        "import os, sys; from mi_bridge.store.driver import load_pyodbc\n"
        "connection = load_pyodbc().connect(os.environ['SERVER'], autocommit=True)\n"
        "connection.execute('SELECT 1').fetchall(); connection.close(); print(os.getpid())"
    )
    environment = {**os.environ, "SERVER": postgresql_server}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip().isdigit()
    assert list(Path("/tmp").glob(f"psqlodbc_*[!0-9]{said.stdout.strip()}.log")) == []  # noqa: S108 - the driver's choice
