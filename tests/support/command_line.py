"""Commands run in this process, against a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.main import program
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.his import HisClient, HisConnection

_ORG = "H99010100001"

Invoke = Callable[..., Result]


@pytest.fixture
def settings_file(database: str, tmp_path: Path) -> Path:
    """Settings for an empty database of the test's own."""
    file = tmp_path / "mi-bridge.toml"
    text = (
        f"[database]\ndialect = 'postgresql'\nconnection_string = '{database}'\n"
        f"[insurer]\nbase_url = 'http://127.0.0.1:9'\norg_code = '{_ORG}'\n"
        "app_id = 'demo'\napp_secret = 'demo-secret'\n"
        "[bridge]\nnode_name = 'cli-test'\ndrain_s = 1\n"
    )
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def invoke(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command with those settings."""
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(settings_file))
    return lambda *arguments, **options: CliRunner().invoke(
        program, [str(one) for one in arguments], **options
    )


@pytest.fixture
def installed(invoke: Invoke) -> Invoke:
    """The same, with our SQL in the database."""
    assert invoke("sql", "install").exit_code == 0
    return invoke


@pytest.fixture
def his(installed: Invoke, database: str) -> Iterator[HisClient]:
    client = HisClient(HisConnection(database, Dialect.POSTGRESQL))
    yield client
    client.close()
