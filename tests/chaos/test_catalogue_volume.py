"""A million rows of the widest catalogue, through the whole way: asked for, downloaded, looked through, loaded. Prints what it took."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mi_bridge.store.driver import load_pyodbc
from site_settings import site_values, write_settings

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

ROWS = int(os.environ.get("MI_BRIDGE_TEST_CATALOGUE_ROWS", "1000000"))
MOST_MB = 200


@contextmanager
def simulator() -> Iterator[str]:
    """Run one in a process of its own, whose memory is not counted."""
    command = [sys.executable, "-m", "mi_bridge", "simulate", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = ""
        while '"base_url"' not in lines:
            lines += process.stdout.readline()
        yield str(re.findall(r'"base_url": *"([^"]+)"', lines)[0])
        process.terminate()


def test_a_million_rows_load_in_minutes_in_flat_memory(
    hospital_database: str, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    with simulator() as url:
        order = {"infno": "1301", "rows": ROWS}
        httpx.post(f"{url}/_simulator/catalogues", json=order, trust_env=False).raise_for_status()
        values = site_values(hospital_database, url, "node-a") | {"files": {"dir": str(tmp_path)}}
        measured = _measured(write_settings(tmp_path, values), hospital_database)
    figures(json.dumps(measured))
    assert measured["items"] == ROWS
    assert measured["peak_rss_mb"] < MOST_MB


def _measured(settings: Path, database: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "mi_bridge", "catalogue", "sync", "--kind", "1301", "-c", str(settings)]
    marks: dict[str, float] = {}
    stop = threading.Event()
    watch = threading.Thread(target=_watch, args=(database, marks, stop))
    begun = time.monotonic()
    watch.start()
    process = subprocess.Popen(command)
    peak_mb, used = _waited(process)
    seconds = time.monotonic() - begun
    stop.set()
    watch.join()
    assert process.returncode == 0
    loading = marks["last"] - marks["first"]
    return {
        "rows": ROWS,
        "items": round(marks["count"]),
        "seconds": round(seconds, 1),
        "seconds_until_loading": round(marks["first"] - begun, 1),
        "seconds_loading": round(loading, 1),
        "rows_per_second_loading": round(ROWS / loading),
        "rows_per_second_in_all": round(ROWS / seconds),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_rss_mb": round(peak_mb, 1),
    }


def _waited(process: subprocess.Popen[bytes]) -> tuple[float, Any]:
    """Wait for the end; return the most memory it had, in MB, and what it used.

    The kernel's own maximum would count what this process had when it forked.
    """
    peak = 0.0
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return peak, used
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        peak = max(peak, int(found[1]) / 1024 if found else 0)
        time.sleep(0.1)


def _watch(database: str, marks: dict[str, float], stop: threading.Event) -> None:
    """Note when the first and the last item came."""
    connection = load_pyodbc().connect(database, autocommit=True)
    count = 0
    while not stop.wait(0.2) or count < 1:
        row = connection.execute("SELECT item_count FROM medical_insurance_catalogue_syncs").fetchone()
        seen = row[0] if row else 0
        if seen > count:
            marks.setdefault("first", time.monotonic())
            marks["last"], marks["count"], count = time.monotonic(), seen, seen
    marks["count"] = connection.execute("SELECT count(*) FROM medical_insurance_catalogue_items").fetchone()[
        0
    ]
    connection.close()
