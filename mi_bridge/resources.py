"""Finds the folders ``sql`` and ``config``, in a checkout as in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def folder(name: str) -> Path:
    """Return the folder ``sql`` or ``config``.

    The wheel carries both inside the package; a checkout has them beside it.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"mi-bridge is installed without its folder '{name}'. Install the wheel again.")
