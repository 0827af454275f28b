"""What HIS writes: it is sent as it is written, or refused with a message in Chinese; nothing else happens."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
from pydantic import SecretStr

from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.port import Credentials
from scripts.fuzz_parts.mutation import json_mutation
from scripts.fuzz_parts.target import Target, promise

_CODES = (
    "1101",
    "2207",
    "2201",
    "2204",
    "2203",
    "2301",
    "2601",
    "4101",
    "5301",
    "9001",
    "1301",
    "6201",
    "2161",
)
_MSGID = "H99990100002202603020800000001"


class _Nowhere(httpx.AsyncBaseTransport):
    """Nothing is sent here."""


def _client(profile: Profile) -> InsurerClient:
    return InsurerClient(
        profile=profile,
        credentials=Credentials("fake_id", SecretStr("fake_secret")),
        base_url="http://127.0.0.1:1",
        org_code="H99990100002",
        transport=_Nowhere(),
        clock=lambda: 1642730400.0,
    )


_DEMO = load_profile("demo")
_CLIENTS = (
    _client(_DEMO),
    _client(load_profile("hunan")),
    _client(_DEMO.model_copy(update={"input_as": "string"})),
)


def check(data: bytes) -> None:
    """Prepare a message: the first two bytes choose site and transaction, the rest is HIS's input."""
    if len(data) < 2:
        return
    client, code = _CLIENTS[data[0] % len(_CLIENTS)], _CODES[data[1] % len(_CODES)]
    source = data[2:].decode("utf-8", "surrogatepass" if data[0] & 0x80 else "replace") if _fine(data) else ""
    for checked in (False, True):
        _prepare(client, Call(code, source, msgid=_MSGID, checked=checked), source)
    value = _mapping(source)
    if value is not None:
        _prepare(client, Call(code, value, msgid=_MSGID, checked=False), None)


def _fine(data: bytes) -> bool:
    try:
        data[2:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return not data[0] & 0x80
    return True


def _mapping(source: str) -> dict[str, Any] | None:
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _prepare(client: InsurerClient, call: Call, source: str | None) -> None:
    try:
        prepared = client.prepare(call)
    except RequestRefused as refused:
        promise(
            any("\u4e00" <= letter <= "\u9fff" for letter in refused.message),
            "is said in Chinese",
            refused.message,
        )
        promise(refused.message.encode() is not None, "can be written")
        return
    _sent_as_written(prepared, source)


def _sent_as_written(prepared: PreparedCall, source: str | None) -> None:
    message = json.loads(prepared.body, parse_float=_Digits, parse_int=_Digits)
    promise(message["msgid"] == _MSGID, "the envelope is whole", prepared.body)
    sent = message["input"]
    if isinstance(sent, str):
        sent = json.loads(sent, parse_float=_Digits, parse_int=_Digits) if sent else {}
    if source is None:
        return
    written = json.loads(source.strip(" \t\r\n\ufeff"), parse_float=_Digits, parse_int=_Digits)
    promise(_leaves(sent) == _leaves(written), "every value arrives as it was written", source, prepared.body)


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


def _leaves(value: Any) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
        else:
            found[type(node).__name__, str(node)] += 1
    return found


_WORDS = (
    "data",
    "psn_no",
    "mdtrtinfo",
    "diseinfo",
    "feedetail",
    "setlinfo",
    "null",
    "1e99",
    "\\ud83d\\ude00",
    "\\u0000",
    "[{",
    "}]",
)
TARGET = Target(
    check,
    (
        b'\x00\x00{"psn_no": "99000000000000000001"}',
        b'\x00\x01{"data": {"psn_no": "9", "mdtrt_id": "7", "medfee_sumamt": 2.00, "chrg_bchno": "B1"}}',
        b'\x01\x02{"data": {"psn_no": "9", "insutype": "310", "begntime": "2026-03-02 08:00:00"}}',
        b'\x02\x03{"feedetail": [{"feedetl_sn": "1", "cnt": 1.0, "pric": 88.80, "det_item_fee_sumamt": 88.80}]}',
        '\x00\x04{"mdtrtinfo": {"mdtrt_id": "7"}, "diseinfo": [{"diag_code": "I10.x05", "diag_name": "高血压"}]}'.encode(),
        b'\x01\x05{"FeeDetail": {"feedetl_sn": "1"}}',
        b'\x00\x06{"psn_no": "9", "omsgid": "H99990100002202603020800000001", "oinfno": "2207"}',
        b'\x00\x07{"setlinfo": {"psn_no": "9"}, "diseinfo": [], "oprninfo": [], "payinfo": null}',
        b"\x00\x0a{}",
        b'\x80\x00{"psn_no": "\xed\xa0\x80"}',
    ),
    _WORDS,
    json_mutation(2, _WORDS),
)
