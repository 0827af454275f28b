from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.errors import StoreError
from mi_bridge.store.server_programs import server_programs


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    for version in ("9.6", "11", "14", "9", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    (tmp_path / "18" / "bin").mkdir(parents=True)  # only the client's programs
    return tmp_path


def test_the_newest_server_is_taken(installed: Path) -> None:
    assert server_programs(root=installed) == installed / "17" / "bin"


def test_data_is_served_by_its_own_version(installed: Path) -> None:
    assert server_programs("14", root=installed) == installed / "14" / "bin"


def test_elsewhere_the_one_on_path_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "initdb").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_programs(root=tmp_path / "none") == tmp_path


@pytest.mark.parametrize(("version", "named"), [("", "12 or later"), ("11", "11"), ("16", "16")])
def test_a_missing_server_is_told_with_the_remedy(
    version: str, named: str, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    root = installed if version else installed / "none"
    with pytest.raises(StoreError, match=f"No PostgreSQL server {named} is installed.*scripts/setup"):
        server_programs(version, root=root)
