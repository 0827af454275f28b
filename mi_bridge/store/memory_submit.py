"""What HIS submits to the in-memory database: its checks and its order key."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from mi_bridge.errors import MalformedInput

_KEY_CHARS = 70


@dataclass(frozen=True, slots=True)
class Submission:
    """The parameters of ``sp_medical_insurance_call``.

    Args:
        priority: 0 (highest) to 9.
        serial_key: requests of one key run one at a time; empty takes the patient, else the visit.
        timeout: how long it may stay unsent, in seconds.
        retry_count: resends allowed where resending is allowed at all.
    """

    interface_code: str
    input_data: str = field(repr=False)
    org_code: str = ""
    business_key: str = field(default="", repr=False)
    priority: int = 5
    serial_key: str = field(default="", repr=False)
    timeout: int = 300
    retry_count: int = 3
    insuplc_admdvs: str = ""
    opter: str = field(default="", repr=False)
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""

    def parsed(self) -> dict[str, Any]:
        """Return the input as an object.

        Raises:
            MalformedInput: a parameter is out of range, or the input is no JSON object a database can keep.
        """
        self._check_numbers()
        try:
            value = json.loads(self.input_data)
            kept = json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise MalformedInput("参数错误：input_data：不是有效的 JSON") from None
        if b"\\u0000" in kept:
            raise MalformedInput("参数错误：input_data：不是有效的 JSON（空字符）")
        if not isinstance(value, dict):
            raise MalformedInput("参数错误：input_data：应为 JSON 对象 {…}，不能是数组或单个值")
        return value

    def _check_numbers(self) -> None:
        if not 1 <= self.timeout <= 86400:
            raise MalformedInput("参数错误：timeout：应为 1 至 86400 秒")
        if not 0 <= self.retry_count <= 20:
            raise MalformedInput("参数错误：retry_count：应为 0 至 20")
        if not 0 <= self.priority <= 9:
            raise MalformedInput("参数错误：priority：应为 0（最高）至 9")


def order_key(value: dict[str, Any], serial_key: str) -> str | None:
    """Return the key of a request whose interface is ordered: the caller's own, else the patient, else the visit."""
    if serial_key:
        return f"S:{serial_key}"
    nodes = [value, *map(_head, value.values())]
    for field_name, prefix in (("psn_no", "P:"), ("mdtrt_id", "V:")):
        found = max((_text(node.get(field_name)) for node in nodes), default="")
        own = _text(value.get(field_name))
        if own or found:
            return prefix + (own or found)[:_KEY_CHARS]
    return None


def _head(value: Any) -> dict[str, Any]:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
