"""A file that has come whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on this machine.

    Args:
        path: where it is.
        size: in bytes.
        sha256: of its bytes, hexadecimal.
    """

    path: Path
    size: int
    sha256: str
