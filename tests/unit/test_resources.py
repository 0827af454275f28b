"""Where the folders ``sql`` and ``config`` are found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_bridge import resources


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    resources.folder.cache_clear()
    yield
    resources.folder.cache_clear()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    package = tmp_path / "site" / "mi_bridge"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    return package


def test_here_both_folders_are_found() -> None:
    assert (resources.folder("sql") / "order.txt").is_file()
    assert resources.folder("config").is_dir()


def test_a_wheel_carries_them_inside_the_package(package: Path) -> None:
    (package / "sql").mkdir()
    (package.parent / "sql").mkdir()
    assert resources.folder("sql") == package / "sql"


def test_a_checkout_has_them_beside_it(package: Path) -> None:
    (package.parent / "sql").mkdir()
    assert resources.folder("sql") == package.parent / "sql"


def test_an_incomplete_installation_says_so(package: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Install the wheel again"):
        resources.folder("sql")
