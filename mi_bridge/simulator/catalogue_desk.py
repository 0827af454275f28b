"""The counter that hands out catalogues: 1301 and its like name a file, 1312 and its like answer in pages."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from mi_bridge.simulator.catalogue_content import CatalogueContent
from mi_bridge.simulator.catalogue_order import CatalogueFault
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fields import amount, text
from mi_bridge.simulator.generic import succeed
from mi_bridge.simulator.message import Message

_OWNER = "plc"
_DAY = 10


def hand_out(centre: Centre, message: Message) -> Any:
    """Answer with what is newer than the sender's version: the number of a file with the next version, or a page.

    Raises:
        RequestRefused: the version or the page is missing.
    """
    found = centre.catalogues.find(message.infno)
    if found is None:
        return succeed(centre, message)
    kind, content = found
    if kind.way == "pages":
        return _page(centre, message, content)
    return _file(centre, message, content)


def _file(centre: Centre, message: Message, content: CatalogueContent) -> dict[str, Any]:
    asked = text(message.node("data"), "ver")
    if not asked:
        raise centre.texts.refuse("front.field_missing", field="ver")
    version = _next(asked, content)
    count = 0 if version is None else content.count(version)
    made = version or content.newest
    kept = centre.files.offer(
        f"{message.infno}_{content.version_name(made)}.txt.zip",
        _OWNER,
        partial(content.write, version=made),
        refusal="file.unknown" if content.order.fault is CatalogueFault.REFUSED else "",
    )
    return {
        "file_qury_no": kept.number,
        "filename": kept.filename,
        "dld_end_time": stamp(centre.clock.now())[:_DAY],
        "data_cnt": count,
    }


def _next(asked: str, content: CatalogueContent) -> int | None:
    """Return the version after the one asked with; None when there is none."""
    if content.order.fault is CatalogueFault.REPEAT:
        return 1
    digits = re.sub(r"\D", "", asked)
    version = int(digits[-9:] or 0) + 1
    endless = content.order.fault is CatalogueFault.ENDLESS
    return version if endless or version <= content.newest else None


def _page(centre: Centre, message: Message, content: CatalogueContent) -> dict[str, Any]:
    node = message.node("data")
    if not text(node, "updt_time"):
        raise centre.texts.refuse("front.field_missing", field="updt_time")
    page = int(amount(node, "page_num", centre.texts))
    size = int(amount(node, "page_size", centre.texts))
    if content.order.fault is CatalogueFault.REPEAT:
        page = 1
    rows = content.page(text(node, "updt_time"), page, size)
    return {"data": rows, "startRow": (page - 1) * size, "size": len(rows)}
