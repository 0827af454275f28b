"""The platform's answers: no bytes raise, and whatever is unreadable is UNKNOWN, never REFUSED."""

from __future__ import annotations

import json
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer, parse_answer
from mi_bridge.insurer.catalogue import Catalogue, Kind, Transaction
from mi_bridge.insurer.profile import load_profile
from scripts.fuzz_parts.mutation import json_mutation
from scripts.fuzz_parts.target import Target, promise

_CODES = ("1101", "2207", "2201", "9102", "1162", "5301", "2601", "9001", "3201", "2204", "1301", "2206")
_STATUSES = (200, 200, 200, 200, 401, 500, 404, 204, 302, 400)
_PROFILES = tuple(
    load_profile(name)
    for name in ("demo", "hunan", "zhejiang", "guangzhou", "hebei", "jiangsu", "shenzhen", "inner_mongolia")
)
_CATALOGUE = Catalogue.load()
_TRANSACTIONS = tuple(_CATALOGUE.get(code) for code in _CODES)
_TEXTS = ("err_msg", "warn_msg", "inf_refmsgid", "refmsg_time", "respond_time", "serial_no", "text", "fault")

# new messages in the shapes live platforms answer with
_BODIES = (
    (
        '{"infcode":0,"inf_refmsgid":"990101202603020800000000000001","refmsg_time":"20260302080000001","err_msg":null,'
        '"output":{"baseinfo":{"psn_no":"99000000000000000001","brdy":"1980-01-01"},"insuinfo":[{"balc":12.30}]}}'
    ),
    '{"infcode":"-1","inf_refmsgid":null,"err_msg":"FSI-门诊患者已结算[outpatientSettleBO_40],异常流水号:1972450481","output":null}',
    '{"infcode":0,"err_msg":"success","output":{"signinoutb":{"sign_no":"680003"}}}',
    '{"infcode":"0","err_msg":"FSI-文件查询号不能为空[fileBO_156]","output":{}}',
    '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","medfee_sumamt":88.80,"setl_time":"2026-03-02 08:00:00"}}}',
    '{"code":0,"type":"success","message":"","data":{"infcode":0,"output":{"data":{"mdtrt_id":"7"}}}}',
    '{"code":-1,"type":"error","message":"系统异常,异常流水号:12"}',
    '{"code":401,"message":"签名不一致!"}',
    '{"message":"请使用医保电子凭证二维码","success":false,"code":500159}',
    '{"infcode":"1","err_msg":"","output":{"result":[]}}',
    '{"infcode":-1,"err_msg":"该人员正在进行，请稍后处理"}',
    '{"infcode":-1,"err_msg":"调用超时"}',
    '{"infcode":-1,"err_msg":"一行\n二行"}',
    '{"infcode":0,"output":"QkFTRTY0"}',
    "<html><body>502 Bad Gateway</body></html>",
    '{"infcode":-1,',
    "",
)


def check(data: bytes) -> None:
    """Read an answer: the first three bytes choose transaction, HTTP status and site, the rest is the body."""
    if len(data) < 3:
        return
    transaction = _TRANSACTIONS[data[0] % len(_TRANSACTIONS)]
    status = _STATUSES[data[1] % len(_STATUSES)]
    profile = _PROFILES[data[2] % len(_PROFILES)]
    body = data[3:]
    answer = parse_answer(body, http_status=status, transaction=transaction, texts=profile.texts)
    _carried(answer)
    _proved(answer, body, status, transaction)


def _carried(answer: Answer) -> None:
    """Everything must fit a database and a log: text without NUL and lone surrogates."""
    for name in _TEXTS:
        text = getattr(answer, name)
        promise(isinstance(text, str), "is text", name)
        promise("\x00" not in text, "holds no NUL", name)
        promise(text.encode("utf-8", "replace") == text.encode("utf-8", "surrogatepass"), "is text", name)
    written = json.dumps(answer.output, ensure_ascii=False, default=str)
    promise(written.encode("utf-8", "replace") is not None, "can be written")


def _proved(answer: Answer, body: bytes, status: int, transaction: Transaction) -> None:
    """An outcome that ends a request needs words of the platform; they are looked for here in the plainest way."""
    outcome = answer.outcome
    objects = _objects(body)
    if answer.content:
        promise(
            outcome is Outcome.OK and transaction.kind is Kind.DOWNLOAD, "only a download is a file", outcome
        )
        return
    if outcome in (Outcome.OK, Outcome.SUSPICIOUS, Outcome.REFUSED, Outcome.BUSY):
        promise(objects, "unreadable is UNKNOWN", outcome, body)
        promise(
            status < 300 or (400 <= status < 500), "a broken layer's word counts for nothing", outcome, status
        )
    if outcome in (Outcome.REFUSED, Outcome.BUSY):
        promise(any(map(_says_no, objects)), "a refusal says no", outcome, body)
    if outcome in (Outcome.OK, Outcome.SUSPICIOUS):
        promise(200 <= status < 300, "success comes with success", outcome, status)
        promise(any(map(_has_code, objects)), "a success has a code", outcome, body)
    if outcome is Outcome.GATEWAY_REFUSED:
        promise(status == 401 or b"401" in body, "a gateway's refusal says 401", body, status)


def _objects(body: bytes) -> list[dict[str, Any]]:
    """Return the object in a body and those directly inside it; none when it is no JSON object."""
    for encoding in ("utf-8-sig", "gb18030", "utf-8"):
        try:
            text = body.decode(encoding, "replace" if encoding == "utf-8" else "strict")
            value = json.loads(text.removeprefix("\ufeff").replace("\x00", "\ufffd"), strict=False)
        except (ValueError, RecursionError):
            continue
        return [value, *_inside(value)] if isinstance(value, dict) else []
    return []


def _inside(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [member for member in value.values() if isinstance(member, dict)]


def _has_code(value: dict[str, Any]) -> bool:
    return "infcode" in value or "code" in value


def _says_no(value: dict[str, Any]) -> bool:
    code = str(value.get("infcode", "")).strip()
    return (code not in ("", "None", "0") and "infcode" in value) or value.get("success") is False


_WORDS = (
    "infcode",
    "err_msg",
    "output",
    "data",
    "code",
    "message",
    "success",
    "type",
    "\\u0000",
    "\\ud800",
    "-1",
    "401",
    "null",
)
TARGET = Target(
    check,
    (
        *tuple(
            bytes([n % len(_CODES), n % 3, n % len(_PROFILES)]) + body.encode()
            for n, body in enumerate(_BODIES)
        ),
        b"\x03\x00\x00PK\x03\x04",
        b"\x00\x00\x00" + '{"infcode":-1,"err_msg":"失败"}'.encode("gb18030"),
    ),
    _WORDS,
    json_mutation(3, _WORDS),
)
