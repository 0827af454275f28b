"""How addresses are laid out."""

from __future__ import annotations

from typing import Literal

from mi_bridge.insurer.profile.part import Part


class Url(Part):
    """How the address of a transaction is made from the base address.

    Args:
        layout: ``single`` one entry for all; ``prefix`` the path followed by the code; ``table`` one path per interface.
        path: the entry, the prefix, or with ``table`` what is used for an interface without its own path.
    """

    layout: Literal["single", "prefix", "table"] = "single"
    path: str = ""
