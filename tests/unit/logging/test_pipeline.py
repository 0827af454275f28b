import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
import structlog

from mi_bridge.errors import ConfigurationError
from mi_bridge.logging import configure_logging

Fixture = Any


def test_our_lines_and_other_peoples_go_the_same_way(configure: Fixture, memory: Fixture) -> None:
    with configure() as ours:
        structlog.get_logger().info("ours", count=1)
        logging.getLogger("library").warning("theirs %s", "pwd=canary")
        logging.getLogger("library").error("misfit %d", "x")
        try:
            os.close(-1)
        except OSError:
            logging.getLogger("library").exception("failed")
    first, second, third, fourth = memory.events
    assert (first["event"], first["count"], first["level"], first["node"]) == ("ours", 1, "info", "node-1")
    assert (second["event"], second["logger"], second["level"]) == ("theirs pwd=***", "library", "warning")
    assert third["event"] == "misfit %d"
    assert fourth["exception"][0]["exc_type"] == "OSError"
    assert ours.lost == 0


def test_levels_hold_for_both(configure: Fixture, memory: Fixture) -> None:
    with configure(level="warning"):
        structlog.get_logger().info("not this")
        logging.getLogger("library").info("nor this")
        structlog.get_logger().warning("this")
    assert [event["event"] for event in memory.events] == ["this"]


def test_talkative_libraries_are_heard_from_warning_on(configure: Fixture, memory: Fixture) -> None:
    with configure():
        logging.getLogger("apscheduler.executors.default").info("job ran")
        logging.getLogger("apscheduler.executors.default").warning("job missed")
    assert [event["event"] for event in memory.events] == ["job missed"]


async def test_context_stays_with_its_task(configure: Fixture, memory: Fixture) -> None:
    log = structlog.get_logger()

    async def task(number: int) -> None:
        structlog.contextvars.bind_contextvars(number=number)
        await asyncio.sleep(0)
        log.info("ran", again=number)

    with configure():
        await asyncio.gather(*(task(number) for number in range(20)))
    assert len(memory.events) == 20
    assert all(event["number"] == event["again"] for event in memory.events)


def test_setting_up_again_writes_to_the_new_place_only(
    configure: Fixture, memory: Fixture, tmp_path: Path
) -> None:
    configure()
    log = structlog.get_logger()
    log.info("first")
    with configure(target=None, file=tmp_path / "a.log"):
        log.info("second")
    assert [event["event"] for event in memory.events] == ["first"]
    assert json.loads((tmp_path / "a.log").read_text())["event"] == "second"


def test_lost_lines_are_told_in_a_line(configure: Fixture, memory: Fixture) -> None:
    with configure() as ours:
        memory.fault = OSError()
        structlog.get_logger().info("lost")
        while not ours.lost:
            pass
        memory.fault = None
        structlog.get_logger().info("kept")
    assert [(event["event"], event.get("lines")) for event in memory.events] == [
        ("kept", None),
        ("log_lines_lost", 1),
    ]


def test_a_file_that_cannot_be_opened_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"log\.file") as caught:
        configure_logging(node="n", file=tmp_path / "none" / "a.log")
    assert "account of mi-bridge" in caught.value.remedy


def test_warnings_and_uncaught_exceptions_are_lines(configure: Fixture, memory: Fixture) -> None:
    def broken() -> None:
        raise ValueError("psn_name=canary")

    with configure():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn("old ways", DeprecationWarning, stacklevel=1)
        thread = threading.Thread(target=broken, name="worker")
        thread.start()
        thread.join()
        try:
            broken()
        except ValueError as fault:
            sys.excepthook(ValueError, fault, fault.__traceback__)
    told = [event for event in memory.events if event["event"] == "uncaught_exception"]
    assert [event.get("thread") for event in told] == ["worker", None]
    assert all(event["level"] == "critical" for event in told)
    assert b"canary" not in memory.written


def test_ctrl_c_is_left_to_python(
    configure: Fixture, memory: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "__excepthook__", lambda kind, *_: seen.append(kind))
    with configure():
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert (seen, memory.written) == ([KeyboardInterrupt], b"")


SCRIPT = """
import asyncio, structlog, sys
from mi_bridge.logging import configure_logging
logging = configure_logging(node="n")
log = structlog.get_logger()
async def main():
    for number in range(1000):
        log.info("tick", number=number)
        await asyncio.sleep(0)
asyncio.run(main())
logging.close()
sys.stderr.write(f"alive {logging.lost}")
"""


@pytest.mark.parametrize("closed", [False, True])
def test_a_real_process_outlives_the_reader_of_its_output(closed: bool) -> None:
    reader, writer = os.pipe()
    if closed:
        os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    lines: list[str] = []
    if not closed:
        with os.fdopen(reader) as output:
            lines = output.readlines()
    _, told = process.communicate()
    assert (process.returncode, told) == (0, f"alive {1000 if closed else 0}")
    assert [json.loads(line)["number"] for line in lines] == ([] if closed else list(range(1000)))
