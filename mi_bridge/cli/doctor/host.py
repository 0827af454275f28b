"""The settings, the disk and the service of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import BridgeError

_MEBIBYTE = 1024 * 1024
_LEAST_MB = 100


def settings(patient: Patient) -> Iterator[Verdict]:
    """Are the settings, the profile and the catalogue right?"""
    from mi_bridge.cli.check import check_settings

    checked = check_settings(patient.choice)
    for finding in checked.findings:
        level = Level.FAIL if finding.severity == "error" else Level.WARN
        where = f" ({finding.origin})" if finding.origin else ""
        yield Verdict(level, f"{finding.key}{where}: {finding.fault}", finding.remedy)
    patient.settings, patient.profile = checked.inspection.settings, checked.profile
    if checked.ok and checked.profile:
        source = checked.inspection.file or "environment"
        yield Verdict(Level.OK, f"{source}; profile {checked.profile.name}, {checked.interfaces} interfaces")


def log_space(patient: Patient) -> Iterator[Verdict]:
    """Is there room for the log?"""
    if patient.settings is None:
        yield Verdict(Level.SKIP, "the settings are wrong")
        return
    log = patient.settings.log
    if log.file is None:
        yield Verdict(Level.OK, "the log goes to standard output")
        return
    folder = _nearest_existing(log.file.absolute().parent)
    free_mb = shutil.disk_usage(folder).free // _MEBIBYTE
    wanted_mb = log.file_max_mb * (log.file_backups + 1)
    found = f"{free_mb} MiB free in {folder}, the log may take {wanted_mb}"
    if free_mb < _LEAST_MB:
        yield Verdict(Level.FAIL, found, "Make room, or move log.file to another disk.")
    elif free_mb < wanted_mb:
        yield Verdict(Level.WARN, found, "Make room, or lower log.file_max_mb or log.file_backups.")
    else:
        yield Verdict(Level.OK, found)


def service(patient: Patient) -> Iterator[Verdict]:
    """Is the service installed, and does it run?"""
    if patient.settings is None:
        yield Verdict(Level.SKIP, "the settings are wrong")
        return
    from mi_bridge.cli.service import service_options
    from mi_bridge.service import service_manager

    try:
        found = service_manager(service_options(patient.choice)).status()
    except BridgeError as error:
        yield Verdict(Level.SKIP, error.message, error.remedy)
        return
    if not found.installed:
        yield Verdict(
            Level.WARN, "not installed", "`mi-bridge service install` lets it start with the machine."
        )
    elif not found.running:
        yield Verdict(Level.FAIL, found.state, "Run `mi-bridge service start`, then look into its log.")
    else:
        yield Verdict(Level.OK, f"{found.state}, process {found.pid}")


def _nearest_existing(folder: Path) -> Path:
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)
