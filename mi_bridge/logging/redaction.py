"""The last line of defence: nothing that identifies a patient or opens a door leaves in a log line.

Code is expected not to log such values at all. What slips through (a library's error text, a payload in an exception) is
masked here, by the name it stands under and by its form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

MASK = "***"

_PERSON = """
    psn_no psn_name patn_name name_zh certno psn_certno mdtrt_cert_no mdtrt_cert_no_enc card_sn card_no ecc_token ectoken
    ec_token authno tel phone mobile coner_tel coner_name coner_addr agnter_name agnter_certno agnter_tel agnter_addr
    addr live_addr emp_addr brdy opter_name dr_name ipt_no medrcdno id_card idcard id_no identity
"""
_DOOR = """
    password passwd pwd secret app_secret app_id appid secret_key access_key private_key token access_token api_key apikey
    authorization cookie credential credentials connection_string dsn cainfo sign_no signature api_signature
    x_tif_signature x_tif_paasid x_ca_signature api_access_key
"""
_PAYLOAD = "input input_data output response_data request_body response_body body payload headers"

SENSITIVE = frozenset(f"{_PERSON} {_DOOR} {_PAYLOAD}".split())
"""Names whose values are masked, in lower case with underscores."""

_ENDINGS = (
    "_password",
    "_passwd",
    "_pwd",
    "_secret",
    "_token",
    "_certno",
    "_cert_no",
    "_psn_no",
    "_psn_name",
    "_tel",
)
_SHORTEST_ID = 18
_LONGEST_TEXT = 8_000
_DEEPEST = 8
_EIGHTEEN_DIGITS = range(10**17, 10**18)

_ID_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
_WORDS = "|".join(sorted((word.replace("_", "[_-]?") for word in SENSITIVE), key=len, reverse=True))
# a name, quoted or not (the worst also as a word's ending), then : or = and its value: a quoted text (also inside an escaped
# one), a whole object, or up to a delimiter. What does not end is masked to the end: rather too much than too little.
_NAMED_VALUE = re.compile(
    r"(?P<name>(?:(?<![a-z])(?:" + _WORDS + r")|password|passwd|pwd|secret|token)"
    r"""\\*["']?\s*(?:[:=]\s*|=>\s*))"""
    r"""(?:(?P<escape>\\+)"(?:(?!(?<!\\)(?P=escape)").)*|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|[\[{].*|[^,;&}\])\n]+)""",
    re.IGNORECASE | re.DOTALL,
)
_PRINTABLE = (Decimal, date, datetime, Enum, PurePath, UUID)


def redact_text(text: str) -> str:
    """Return the text with identity numbers and named secrets masked, cut to 8,000 characters."""
    if len(text) > _LONGEST_TEXT:
        kept = text[:_LONGEST_TEXT].rstrip("0123456789")  # nor may the cut leave half an identity number
        text = f"{kept}... ({len(text)} characters)"
    if len(text) >= _SHORTEST_ID:
        text = _ID_NUMBER.sub(MASK, text)
    if "=" in text or ":" in text:
        text = _NAMED_VALUE.sub(_masked_value, text)
    return text


def _masked_value(match: re.Match[str]) -> str:
    return f"{match['name']}{MASK}"


def redact(value: Any, depth: int = 0) -> Any:
    """Return the value as plain JSON data without secrets and identities.

    Args:
        value: anything. Objects of classes not known here are shown by their class alone.
        depth: how deep the value is nested already.
    """
    kind = type(value)
    if kind is str:
        return redact_text(value)
    if kind is int:
        return MASK if value in _EIGHTEEN_DIGITS else value
    if value is None or kind is float or kind is bool:
        return value
    return _redact_other(value, depth)


def redact_mapping(mapping: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    """Return a mapping with sensitive names masked and everything else redacted by its form."""
    result: dict[str, Any] = {}
    for key, value in mapping.items():
        name, sensitive = _name(key) if type(key) is str else (redact_text(str(key)), False)
        result[name] = MASK if sensitive and value is not None else redact(value, depth)
    return result


@lru_cache(maxsize=2_048)
def _name(key: str) -> tuple[str, bool]:
    plain = key.lower().replace("-", "_").lstrip("_")
    return redact_text(key), plain in SENSITIVE or plain.endswith(_ENDINGS)


def _redact_other(value: Any, depth: int) -> Any:
    if depth >= _DEEPEST:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        return redact_mapping(value, depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth + 1) for item in value]
    if isinstance(value, BaseException):
        return redact_text(f"{type(value).__name__}: {value}")
    if isinstance(value, str):
        return redact_text(str.__str__(value))
    if isinstance(value, _PRINTABLE):
        return redact_text(str(value))
    return f"<{type(value).__name__}>"
