"""Finds the programs of an installed PostgreSQL server."""

from __future__ import annotations

import shutil
from pathlib import Path

from mi_bridge.errors import StoreError

_DEBIAN = Path("/usr/lib/postgresql")
_OLDEST = 12


def server_programs(version: str = "", *, root: Path = _DEBIAN) -> Path:
    """Return the folder that holds initdb and pg_ctl.

    Debian and Ubuntu keep each major version in a folder of its own, outside PATH; elsewhere PATH has one.

    Args:
        version: the major version wanted, for data that exists; empty for the newest.
        root: the folder of the versions' folders.

    Raises:
        StoreError: no PostgreSQL server of this version, or none from 12 on, is installed.
    """
    usable = {major: folder for major, folder in _installed(root).items() if major >= _OLDEST}
    if version.isdigit() and int(version) in usable:
        return usable[int(version)]
    if usable and not version:
        return usable[max(usable)]
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise StoreError(
        f"No PostgreSQL server {version or f'{_OLDEST} or later'} is installed.",
        remedy="Run scripts/setup, or: apt-get install postgresql.",
    )


def _installed(root: Path) -> dict[int, Path]:
    folders = {int(path.name): path / "bin" for path in root.glob("*") if path.name.isdigit()}
    return {major: folder for major, folder in folders.items() if (folder / "initdb").exists()}
