"""Large messages: no row is lost, doubled or changed when one is divided, and any answers of parts are joined."""

from __future__ import annotations

from mi_bridge.domain import exact_json
from mi_bridge.domain.part import EndedPart
from mi_bridge.domain.status import Status
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.division import divide
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.profile.division import Division
from mi_bridge.traffic.joining import join_answers
from scripts.fuzz_parts.mutation import json_mutation
from scripts.fuzz_parts.target import Target, promise

_RULES = (
    Division(node="feedetail", rows=1),
    Division(node="feedetail", rows=2, keep_together="chrg_bchno"),
    Division(node="feedetail", bytes=120),
    Division(node="feedetail", rows=3, bytes=200, keep_together="chrg_bchno", on_refusal="stop"),
)
_FATES = (
    (Status.COMPLETED, "OK", "0"),
    (Status.COMPLETED, "REFUSED", "-1"),
    (Status.COMPLETED, "SUSPICIOUS", "0"),
    (Status.ERROR, "", ""),
    (Status.TIMEOUT, "", ""),
)
_LIMIT = 1 << 20


def check(data: bytes) -> None:
    """Divide an input, and join answers: the first byte chooses the rule and the parts' fates."""
    if not data:
        return
    text = data[1:].decode("utf-8", "replace")
    _divided(text, _RULES[data[0] % len(_RULES)])
    _joined(text, data[0])


def _divided(text: str, rule: Division) -> None:
    try:
        source = read_input(text, limit_bytes=_LIMIT)
        parts = divide(source, rule.node, rule)
    except MalformedInput:
        return
    if not parts:
        return
    whole = exact_json.read(source.text)
    rows = []
    for part in parts:
        piece = exact_json.read(part.input_data)
        promise(len(piece[rule.node]) == part.row_count, "a part counts its rows", part)
        promise(not rule.rows or part.row_count <= rule.rows, "a part is small enough", part)
        promise(not rule.bytes or len(part.input_data.encode()) <= rule.bytes, "a part is short enough", part)
        rows += piece.pop(rule.node)
        promise(piece.items() <= whole.items(), "everything else goes along", part)
    promise(rows == whole[rule.node], "no row is lost, doubled or moved", rows)


def _joined(text: str, chosen: int) -> None:
    ended = []
    for number in (1, 2, 3):
        status, outcome, infcode = _FATES[(chosen >> number) % len(_FATES)]
        answer = text if status is Status.COMPLETED else ""
        ended.append(
            EndedPart(number, number, 1, status, outcome=outcome, infcode=infcode, err_msg="x", answer=answer)
        )
    joined = join_answers(ended)
    promise("\x00" not in joined.err_msg, "holds no NUL")
    if joined.response_data:
        exact_json.read(joined.response_data)


_WORDS = ("feedetail", "chrg_bchno", "output", "infcode", "err_msg", "result", "data", "code", "type")
TARGET = Target(
    check,
    (
        b'\x00{"feedetail": [{"a": 1.0, "chrg_bchno": "B1"}, {"a": 2, "chrg_bchno": "B1"}, {"chrg_bchno": "B2"}]}',
        b'\x03{"mdtrtinfo": {"x": 2.00}, "feedetail": [{"a": "\xe8\xb4\xb9"}, {}, {"b": [1, {"c": null}]}], "z": null}',
        b'\x10{"infcode":0,"inf_refmsgid":"1","output":{"result":[{"feedetl_sn":"1","det_item_fee_sumamt":2.00}],"n":1}}',
        b'\x02{"code":0,"type":"success","data":{"infcode":"0","output":{"result":[{"a":1}]}}}',
        b"\x00" + b'{"infcode":0,"output":' + b'{"a":' * 500 + b"1" + b"}" * 501,
    ),
    _WORDS,
    json_mutation(1, _WORDS),
)
