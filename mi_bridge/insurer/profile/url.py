"""How addresses are laid out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mi_bridge.insurer.profile.part import Part

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PATH = re.compile(r"(https?://[^/?#\s{}]+)?(/[^?#\s]*)?", re.IGNORECASE)
_CODES = re.compile(r"[0-9A-Za-z]{1,10}\*?")
_BASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def _path(text: str) -> str:
    """Return a path when it is one; ``{infno}`` is the only thing that is filled in."""
    unknown = [name for name in _PLACEHOLDER.findall(text) if name != "infno"]
    if unknown:
        raise ValueError(f"knows no {{{unknown[0]}}}; only {{infno}} is filled in")
    plain = text.replace("{infno}", "")
    if "{" in plain or "}" in plain:
        raise ValueError("has a brace without its partner; only {infno} is filled in")
    if not plain.isascii() or not _PATH.fullmatch(plain):
        raise ValueError("is neither a path that begins with / nor a whole http:// or https:// address")
    return text


def _codes(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if not _CODES.fullmatch(pattern):
            raise ValueError(f"{pattern!r} is neither a code nor a code's beginning followed by *")
    return patterns


def _base_names(bases: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name in bases:
        if not _BASE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name: small letters, digits and _, a letter first")
    return bases


Path = Annotated[str, AfterValidator(_path)]
Codes = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_codes)]
Bases = Annotated[dict[str, Codes], AfterValidator(_base_names)]


class Url(Part):
    """How the address of a transaction is made from the base address.

    Args:
        layout: ``single`` one entry for all; ``prefix`` the path followed by the code; ``table`` one path per interface.
        path: the entry, the prefix, or with ``table`` what is used for an interface without its own path; ``{infno}`` in it
            becomes the code.
        paths: own paths, by the code as it stands in the message; a whole address goes as it is.
        bases: groups of interfaces that live behind another base address, by the name the settings give that address
            (``insurer.base_urls``): codes, or beginnings of codes followed by ``*``.
    """

    layout: Literal["single", "prefix", "table"] = "single"
    path: Path = ""
    paths: dict[str, Path] = Field(default_factory=dict)
    bases: Bases = Field(default_factory=dict)

    def path_of(self, code: str) -> str | None:
        """Return where a code lives below its base address; None where this layout lists no path for it."""
        own = self.paths.get(code)
        if own is not None:
            return own.replace("{infno}", code)
        if self.layout == "table" and not self.path:
            return None
        path = self.path.replace("{infno}", code)
        return f"{path}{code}" if self.layout == "prefix" else path

    def base_of(self, code: str) -> str:
        """Return the name of the base address of a code; empty for the common one."""
        return next((name for name, codes in self.bases.items() if covers(codes, code)), "")


def covers(patterns: tuple[str, ...], code: str) -> bool:
    """Tell whether a code is among codes, or begins like one that ends in ``*``."""
    return any(
        code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern for pattern in patterns
    )


def missing_bases(url: Url, given: Mapping[str, str]) -> list[str]:
    """Return the names of base addresses that a profile refers to and nobody gave."""
    return [name for name in url.bases if not given.get(name)]
