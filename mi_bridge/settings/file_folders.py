"""Where files to and from the platform lie on this machine."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mi_bridge.settings.sections import FilesSettings


@dataclass(frozen=True, slots=True)
class FileFolders:
    """The folders of files.

    Args:
        files: what goes to and comes from the platform.
        quarantine: what could not be used.
    """

    files: Path
    quarantine: Path


def file_folders(settings: FilesSettings) -> FileFolders:
    """Return the folders the settings name, or those of the service's state; nothing is made."""
    files = settings.dir or _state_folder() / "files"
    return FileFolders(files, settings.quarantine or files / "quarantine")


def _state_folder() -> Path:
    # systemd hands over the folder it made for the service, or several with a colon between
    given = os.environ.get("STATE_DIRECTORY", "").partition(os.pathsep)[0]
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "mi-bridge"
    return Path("/var/lib/mi-bridge")
