"""Settings and a runner for commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.main import program

SETTINGS = """
[database]
dialect = "postgresql"
server = "127.0.0.1"
port = 9
database = "his"
user = "mi_bridge"
password = "canary-password"
encrypt = "no"

[insurer]
base_url = "http://127.0.0.1:9"
org_code = "H99010100001"
app_id = "demo"
app_secret = "canary-secret"

[bridge]
node_name = "unit"
"""


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name in ("MI_BRIDGE_CONFIG", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Valid settings; nobody listens at their addresses."""
    file = tmp_path / "etc" / "mi-bridge.toml"
    file.parent.mkdir()
    file.write_text(SETTINGS, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run ``mi-bridge`` in this process."""
    return lambda *arguments, **options: CliRunner().invoke(
        program, [str(one) for one in arguments], **options
    )
