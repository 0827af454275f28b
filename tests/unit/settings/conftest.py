"""A settings file to break, and an environment without the machine's own settings."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """
[database]
dialect = "postgresql"
server = "192.0.2.10"
database = "his"

[insurer]
base_url = "http://192.0.2.20:8080"
org_code = "H99010100001"
"""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*os.environ]:
        if name.upper().startswith("MI_BRIDGE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a settings file readable by its owner only and return its path."""

    def file(text: str = GOOD) -> Path:
        path = tmp_path / "mi-bridge.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    return file


@pytest.fixture
def good(write: Callable[[str], Path]) -> Path:
    return write(GOOD)
