"""The sagas' files as a whole: what of them can run, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mi_bridge.domain.saga import SagaDefinition
from mi_bridge.errors import SagaError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.resources import folder
from mi_bridge.traffic.saga_file import read_saga


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a look at the files gave.

    Args:
        definitions: those that can run, by code.
        refused: the faults of the others, by code: what ran of them before goes on running.
    """

    definitions: dict[str, SagaDefinition]
    refused: dict[str, SagaError]


def saga_folder(chosen: Path | None) -> Path:
    """Return a site's own folder of definitions, or that of the shipped ones."""
    return chosen or folder("config") / "sagas"


class SagaLibrary:
    """The definitions of a folder.

    Args:
        place: holds one ``<code>.toml`` for each saga.
        catalogue: the site's transactions.
    """

    def __init__(self, place: Path, catalogue: Catalogue) -> None:
        self._folder = place
        self._catalogue = catalogue
        self._seen: tuple[tuple[str, int, int], ...] | None = None

    def look(self) -> Shelf | None:
        """Read the files if any of them changed since the last look; None when none did.

        Raises:
            SagaError: the folder cannot be read.
        """
        files = self._files()
        seen = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)
        if seen == self._seen:
            return None
        self._seen = seen
        return self.read()

    def read(self) -> Shelf:
        """Read every file.

        Raises:
            SagaError: the folder cannot be read.
        """
        shelf = Shelf({}, {})
        for file in self._files():
            try:
                shelf.definitions[file.stem] = read_saga(file, self._catalogue)
            except SagaError as fault:
                shelf.refused[file.stem] = fault
        return shelf

    def forget(self) -> None:
        """Let the next look read the files again, whether they changed or not."""
        self._seen = None

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.suffix == ".toml")
        except OSError as fault:
            raise SagaError(str(self._folder), f"cannot be read ({fault.strerror})") from None
