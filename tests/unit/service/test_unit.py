import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mi_bridge.errors import ServiceError
from mi_bridge.service import ServiceOptions
from mi_bridge.service.unit import MARKER, render_unit


def test_the_unit_says_what_was_promised(options: ServiceOptions) -> None:
    lines = render_unit(options).splitlines()
    assert lines[0] == f"# {MARKER}"
    for line in (
        "Type=notify",
        "NotifyAccess=main",
        "WatchdogSec=30",
        "Restart=on-failure",
        "RestartPreventExitStatus=78",
        "User=mi-bridge",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "StateDirectory=mi-bridge",
        "LimitCORE=0",
        "ReadWritePaths=-/var/log/mi-bridge",
        "LoadCredential=database.password:/etc/mi-bridge/secrets/database.password",
        "ExecStart=/opt/mi-bridge/bin/python -m mi_bridge run --config /etc/mi-bridge/mi-bridge.toml",
    ):
        assert line in lines
    assert render_unit(options) == render_unit(options)


@pytest.mark.parametrize("drain_s", [0, 20, 59.5, 600])
def test_systemd_waits_longer_than_the_bridge(options: ServiceOptions, drain_s: float) -> None:
    text = render_unit(dataclasses.replace(options, drain_s=drain_s))
    (stop_s,) = (
        int(line.partition("=")[2]) for line in text.splitlines() if line.startswith("TimeoutStopSec=")
    )
    assert stop_s >= drain_s + 10


def test_strange_paths_are_quoted(options: ServiceOptions) -> None:
    config = Path('/etc/a "b"/100%/$HOME.toml')
    text = render_unit(dataclasses.replace(options, config=config, log_file=Path("/var/log/a b/x.log")))
    assert r'--config "/etc/a \"b\"/100%%/$$HOME.toml"' in text
    assert 'ReadWritePaths="-/var/log/a b"' in text


@pytest.mark.parametrize(
    "path", ["/root/venv/bin/python", "/home/u/python", "python", "/opt/a\nExecStartPre=/bin/x"]
)
def test_paths_the_service_could_not_use_are_refused(options: ServiceOptions, path: str) -> None:
    with pytest.raises(ServiceError):
        render_unit(dataclasses.replace(options, python=Path(path)))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_unit(options: ServiceOptions, tmp_path: Path) -> None:
    unit = tmp_path / "mi-bridge.service"
    python = (
        Path("/usr/bin/env")
        if sys.executable.startswith(("/root", "/home", "/run/user"))
        else Path(sys.executable)
    )
    unit.write_text(
        render_unit(dataclasses.replace(options, python=python, log_file=Path("/var/log/a b/x.log"))),
        encoding="utf-8",
    )
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
