"""The systemd unit: its text is data (``config/systemd``), its values are filled in here."""

from __future__ import annotations

import math
import re
from pathlib import Path
from string import Template

from mi_bridge.errors import ServiceError
from mi_bridge.resources import folder
from mi_bridge.service.manager import ServiceOptions

MARKER = "mi-bridge: this unit belongs to mi-bridge"
"""The first line of every unit of ours; a file without it is somebody else's."""

_AFTER_DRAIN_S = 15  # to give back what was not sent, and to write the last lines of the log
_HIDDEN = ("/home", "/root", "/run/user")  # ProtectHome=yes


def render_unit(options: ServiceOptions) -> str:
    """Return the unit's text.

    Raises:
        ServiceError: a path would be out of the service's reach, or cannot be written into a unit.
    """
    for path in (options.python, options.config, *options.secrets, *filter(None, [options.log_file])):
        _check(path)
    template = Template((folder("config") / "systemd" / "mi-bridge.service").read_text(encoding="utf-8"))
    return template.substitute(
        marker=MARKER,
        name=options.name,
        user=options.name,
        command=_command(options),
        drain_s=f"{options.drain_s:g}",
        stop_s=math.ceil(options.drain_s) + _AFTER_DRAIN_S,
        watchdog_s=options.watchdog_s,
        log_folder=f"ReadWritePaths={_quoted(f'-{options.log_file.parent}')}" if options.log_file else "",
        credentials="\n".join(f"LoadCredential={file.name}:{_plain(file)}" for file in options.secrets),
    )


def _command(options: ServiceOptions) -> str:
    words = (str(options.python), "-m", "mi_bridge", "run", "--config", str(options.config))
    return " ".join(_quoted(word).replace("$", "$$") for word in words)  # else systemd puts variables in


def _quoted(word: str) -> str:
    """Quote a word as ``systemd.syntax(7)`` and ``systemd.unit(5)`` want it."""
    escaped = _plain(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if re.search(r"[\s\\\"';]", word) else escaped


def _plain(path: Path | str) -> str:
    return str(path).replace("%", "%%")  # a single one begins a specifier


def _check(path: Path) -> None:
    text = str(path)
    if not path.is_absolute() or re.search(r"[\x00-\x1f\x7f]", text):
        raise ServiceError(
            f"{text!r} is no absolute path of printable characters.", remedy="Name it by its full path."
        )
    if any(path.is_relative_to(hidden) for hidden in _HIDDEN):
        remedy = "Install under /opt/mi-bridge; put settings under /etc/mi-bridge and logs under /var/log/mi-bridge."
        raise ServiceError(
            f"{text} lies in a home folder, which the service's account cannot see.", remedy=remedy
        )
