from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from mi_bridge import service
from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor import host
from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import ServiceError
from mi_bridge.service import ServiceOptions, ServiceStatus

Make = Callable[..., Patient]
_Usage = namedtuple("_Usage", "total used free")  # noqa: PYI024 - what shutil returns, three numbers


def _only(verdicts: list[Verdict]) -> Verdict:
    assert len(verdicts) == 1
    return verdicts[0]


def test_right_settings_are_handed_to_the_later_probes(settings_file: Path) -> None:
    patient = Patient(SettingsChoice(settings_file))
    verdict = _only(list(host.settings(patient)))
    assert verdict.level is Level.OK
    assert patient.settings is not None
    assert patient.profile is not None


def test_wrong_settings_are_told_each(settings_file: Path) -> None:
    patient = Patient(SettingsChoice(settings_file, {"bridge.window": "0", "log.level": "loud"}))
    verdicts = list(host.settings(patient))
    assert [verdict.level for verdict in verdicts] == [Level.FAIL, Level.FAIL]
    assert "(command line)" in verdicts[0].message
    assert patient.settings is None


def test_a_warning_is_one(settings_file: Path) -> None:
    settings_file.chmod(0o644)
    levels = [verdict.level for verdict in host.settings(Patient(SettingsChoice(settings_file)))]
    assert levels[-1] is Level.OK
    assert Level.WARN in levels


def test_a_log_to_standard_output_needs_no_room(patient: Make) -> None:
    assert _only(list(host.log_space(patient()))).level is Level.OK


@pytest.mark.parametrize(("free_mb", "level"), [(50, Level.FAIL), (500, Level.WARN), (5000, Level.OK)])
def test_room_for_the_log(
    patient: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, level: Level
) -> None:
    asked: list[Path] = []

    def usage(folder: Path) -> _Usage:
        asked.append(folder)
        return _Usage(0, 0, free_mb * 1024 * 1024)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    log = tmp_path / "not" / "yet" / "bridge.log"
    assert _only(list(host.log_space(patient(log__file=log)))).level is level
    assert asked == [tmp_path]


class _Manager:
    def __init__(self, found: ServiceStatus | ServiceError) -> None:
        self._found = found

    def status(self) -> ServiceStatus:
        if isinstance(self._found, ServiceError):
            raise self._found
        return self._found


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (ServiceStatus(installed=True, running=True, state="active", pid=7), Level.OK),
        (ServiceStatus(installed=True, state="failed"), Level.FAIL),
        (ServiceStatus(installed=False), Level.WARN),
        (ServiceError("systemd does not run this machine."), Level.SKIP),
    ],
)
def test_the_service(
    patient: Make, monkeypatch: pytest.MonkeyPatch, found: ServiceStatus | ServiceError, level: Level
) -> None:
    def manager(_options: ServiceOptions) -> _Manager:
        return _Manager(found)

    monkeypatch.setattr(service, "service_manager", manager)
    assert _only(list(host.service(patient()))).level is level


def test_without_settings_these_cannot_be_looked_at() -> None:
    nobody = Patient(SettingsChoice())
    assert [one.level for one in (*host.log_space(nobody), *host.service(nobody))] == [Level.SKIP, Level.SKIP]
