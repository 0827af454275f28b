"""The file service's counter: 9101 takes files, 9102 hands them out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fields import text
from mi_bridge.simulator.file_store import KeptFile
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.upload import carried

_KEPT_FOR = timedelta(days=1)


def take(centre: Centre, message: Message) -> dict[str, Any]:
    """Take a file (9101) and name the number it has from now on.

    Raises:
        RequestRefused: there is no file, or no name.
    """
    node = message.node("fsUploadIn")
    content = message.file if message.file is not None else carried(node.get("in"))
    if not content:
        raise centre.texts.refuse("file.missing")
    filename, owner = text(node, "filename"), text(node, "fixmedins_code")
    if not filename:
        raise centre.texts.refuse("front.field_missing", field="filename")
    kept = centre.files.keep(content, filename, owner)
    return {
        "file_qury_no": kept.number,
        "filename": kept.filename,
        "fixmedins_code": kept.owner,
        "dld_endtime": stamp(centre.clock.now() + _KEPT_FOR),
    }


def hand_out(centre: Centre, message: Message) -> KeptFile:
    """Hand out a file (9102).

    Raises:
        RequestRefused: no number, no such file, or it belongs to somebody else; with the platform's words.
    """
    node = message.node("fsDownloadIn")
    number = text(node, "file_qury_no")
    if not number:
        raise centre.texts.refuse("file.no_number")
    kept = centre.files.find(number)
    if kept is None or kept.owner != text(node, "fixmedins_code"):
        raise centre.texts.refuse("file.unknown")
    if kept.refusal:
        raise centre.texts.refuse(kept.refusal)
    return kept
