"""HTTP headers a site wants on every message, with values that come from the credentials."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CREDENTIALS = ("app_id", "app_secret")
# these are the transport's own, or the profile has a key for them
_TAKEN = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection", "expect"})


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, template in headers.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an HTTP header")
        if name.lower() in _TAKEN:
            raise ValueError(f"{name} cannot be set here")
        _check_template(name, template)
    return headers


def _check_template(name: str, template: str) -> None:
    unknown = [found for found in _PLACEHOLDER.findall(template) if found not in _CREDENTIALS]
    if unknown:
        raise ValueError(f"{name} knows no {{{unknown[0]}}}; write {{app_id}} or {{app_secret}}")
    if not template.isascii() or not template.isprintable():
        raise ValueError(f"{name} holds characters no HTTP header carries")


FixedHeaders = Annotated[dict[str, str], AfterValidator(_headers)]
"""By name: a plain text, in which ``{app_id}`` and ``{app_secret}`` stand for the credentials. A secret never stands in a profile."""


def needed_credentials(headers: dict[str, str]) -> frozenset[str]:
    """Return which credentials the headers are filled with."""
    return frozenset(found for template in headers.values() for found in _PLACEHOLDER.findall(template))
