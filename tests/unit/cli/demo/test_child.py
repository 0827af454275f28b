"""Real processes, with a stand-in for the interpreter where a process has to misbehave."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mi_bridge.cli.demo.child import Child
from mi_bridge.cli.demo.place import Place
from mi_bridge.errors import BridgeError

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

_SIMULATE = ("simulate", "--port", "0", "--json")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that ignores SIGTERM."""
    program = tmp_path / "stubborn"
    program.write_text(
        "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n", encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


@pytest.fixture
def child(place: Place) -> Iterator[Child]:
    one = Child(place, "simulator")
    yield one
    one.stop(0.1)


def _until_it_speaks(child: Child) -> None:
    give_up = time.monotonic() + 30
    while not child.log.read_text("utf-8"):
        child.must_be_alive()
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_child_runs_and_stops(child: Child, place: Place) -> None:
    child.start(_SIMULATE)
    _until_it_speaks(child)
    alive = child.alive
    pid = json.loads(place.record("simulator").read_text("utf-8"))["pid"]
    child.stop(10)
    child.stop(10)
    assert alive
    assert not child.alive
    assert not psutil.pid_exists(pid)
    assert not place.record("simulator").exists()


def test_another_run_finds_and_ends_it(child: Child, place: Place) -> None:
    child.start(_SIMULATE)
    _until_it_speaks(child)
    later = Child(place, "simulator")
    found = later.alive
    later.stop(10)
    assert (found, later.alive, child.alive) == (True, False, False)


def test_one_that_does_not_obey_is_killed(stubborn: None, child: Child) -> None:
    child.start(())
    _until_it_speaks(child)
    child.stop(0.1)
    assert not child.alive


def test_the_settings_of_the_demo_are_not_overruled_from_outside(
    child: Child, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    monkeypatch.setenv("MI_BRIDGE_INSURER__BASE_URL", "http://somewhere")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    child.start(_SIMULATE)
    pid = json.loads(place.record("simulator").read_text("utf-8"))["pid"]
    # between fork and exec a process shows no environment
    while not (names := psutil.Process(pid).environ().keys()):
        time.sleep(0.01)
    assert not {"MI_BRIDGE_INSURER__BASE_URL", "NOTIFY_SOCKET"} & names
    assert "PATH" in names


@pytest.mark.parametrize("difference", ["command", "started"])
def test_a_number_that_belongs_to_another_process_now_is_left_alone(place: Place, difference: str) -> None:
    with subprocess.Popen(["sleep", "30"]) as stranger:
        # between fork and exec it still has our own command line
        while Path(f"/proc/{stranger.pid}/cmdline").read_bytes() != b"sleep\x0030\x00":
            time.sleep(0.01)
        started = Path(f"/proc/{stranger.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
        record = {"pid": stranger.pid, "command": ["sleep", "30"], "started": started}
        place.record("bridge").write_text(json.dumps(record), encoding="utf-8")
        same = Child(place, "bridge").alive
        record[difference] = ["other"] if difference == "command" else "1"
        place.record("bridge").write_text(json.dumps(record), encoding="utf-8")
        later = Child(place, "bridge")
        alive = later.alive
        later.stop(1)
        spared = stranger.poll() is None
        stranger.kill()
    assert (same, alive, spared) == (True, False, True)
    assert not place.record("bridge").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"pid": 1}', '{"pid": 999999999, "command": ["x"], "started": "1"}']
)
def test_a_record_that_says_nothing_is_no_process(place: Place, text: str) -> None:
    place.record("bridge").write_text(text, encoding="utf-8")
    assert Child(place, "bridge").alive is False


def test_last_words_are_told(child: Child) -> None:
    child.start(("simulate", "--profile", "nowhere"))
    give_up = time.monotonic() + 30
    while child.alive:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    with pytest.raises(BridgeError, match="simulator ended by itself") as told:
        child.must_be_alive()
    assert "nowhere" in told.value.remedy
    assert str(child.log) in told.value.remedy
