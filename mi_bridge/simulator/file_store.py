"""The platform's file service: what was uploaded, and what may be downloaded, under numbers of its own; on disk, not in memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mi_bridge.simulator.numbering import Numbering

Make = Callable[[Path], None]
"""Writes a file."""


@dataclass(slots=True)
class KeptFile:
    """One file.

    Args:
        number: the platform's (``file_qury_no``).
        filename: its name.
        owner: ``fixmedins_code`` it belongs to; ``plc`` for catalogues.
        path: where it lies; made at its first download.
        make: writes it.
        refusal: what a download is told instead of the file.
    """

    number: str
    filename: str
    owner: str
    path: Path
    make: Make | None = field(default=None, repr=False)
    refusal: str = ""

    def ready(self) -> Path:
        """Return the file, made if it was not yet; may take long."""
        if self.make is not None:
            self.make(self.path)
            self.make = None
        return self.path


class FileStore:
    """All files of one platform; they go when it goes.

    Args:
        numbering: gives the numbers.
    """

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._files: dict[str, KeptFile] = {}
        self._folder: Path | None = None

    def keep(self, content: bytes, filename: str, owner: str) -> KeptFile:
        """Keep an uploaded file."""
        kept = self._entered(filename, owner)
        kept.path.write_bytes(content)
        return kept

    def offer(self, filename: str, owner: str, make: Make, *, refusal: str = "") -> KeptFile:
        """Offer a file for download that is made when somebody wants it.

        Args:
            filename: its name.
            owner: whose it is.
            make: writes it.
            refusal: what a download is told instead.
        """
        kept = self._entered(filename, owner)
        kept.make, kept.refusal = make, refusal
        return kept

    def find(self, number: str) -> KeptFile | None:
        """Return the file of a number."""
        return self._files.get(number)

    @property
    def all(self) -> list[KeptFile]:
        """Every file, the oldest first."""
        return list(self._files.values())

    def _entered(self, filename: str, owner: str) -> KeptFile:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mi-bridge-simulator-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        serial = self._numbering.serial()
        number = f"fsi/plc/{serial:0>32}"
        kept = KeptFile(number, filename, owner, self._folder / serial)
        self._files[number] = kept
        return kept
