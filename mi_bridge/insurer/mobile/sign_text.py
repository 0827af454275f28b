"""What is signed: the message's fields, sorted, with the data in clear.

Source: the platform's own text (安全规范, 签名算法) and several integrations' code. ``signData``, ``encData`` and ``extra`` are left
out; fields without a value take no part; ``data`` is written as JSON with sorted names and without empty members; ``&key=`` and the
secret end it. Empty are null, ``""`` and ``[]``, at every depth; an object that has become empty stays, as it does there. Numbers stand
as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_bridge.domain import exact_json

_LEFT_OUT = frozenset({"signData", "encData", "extra"})


def sign_text(fields: Mapping[str, Any], app_secret: str) -> str:
    """Return the text that is signed.

    Args:
        fields: the message's fields, ``data`` in clear among them; numbers as `exact_json` reads them.
        app_secret: the secret.
    """
    full = {name: value for name, value in without_empties(fields).items() if name not in _LEFT_OUT}
    pairs = "&".join(f"{name}={_written(full[name])}" for name in sorted(full))
    return f"{pairs}&key={app_secret}"


def without_empties(value: Any) -> Any:
    """Return a value without its empty members, at every depth."""
    if isinstance(value, Mapping):
        return {name: without_empties(member) for name, member in value.items() if not _is_empty(member)}
    if isinstance(value, list | tuple):
        return [without_empties(member) for member in value if member is not None and member != ""]
    return value


def in_order(value: Any) -> Any:
    """Return a value with the members of every object sorted by name."""
    if isinstance(value, Mapping):
        return {name: in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [in_order(member) for member in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else exact_json.write(in_order(value))
