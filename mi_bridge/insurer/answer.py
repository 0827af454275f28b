"""What the platform answered, and what that proves.

The envelope of an answer and its deviations are facts collected from live messages: ``infcode`` is a number or a string;
success may carry ``err_msg: "success"``; Hunan answers infcode 0 with an error text; front layers and gateways answer
without an envelope. Whatever cannot be read proves nothing, so it is UNKNOWN and never REFUSED.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer_text import parsed, readable
from mi_bridge.insurer.catalogue import Kind, Transaction
from mi_bridge.insurer.files.stored_file import StoredFile
from mi_bridge.insurer.profile import AnswerTexts
from mi_bridge.insurer.verdict import Message, judge, normal_code

_SERIAL = re.compile(r"异常流水号\s*[:：]\s*([0-9A-Za-z]+)")
_WRAPPER = msgspec.json.Decoder(dict[str, msgspec.Raw])
# a catalogue arrives as ZIP, a printed settlement as PDF; JSON begins with neither
_FILE_STARTS = (b"PK\x03\x04", b"%PDF")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or the lack of one.

    Args:
        outcome: what it proves.
        infcode: the platform's result code as text, None where the answer has none.
        err_msg: the platform's error text, whole.
        warn_msg: its warning text.
        inf_refmsgid: its own number of the message.
        refmsg_time: when it took the message, as it wrote it (``yyyyMMddHHmmssSSS``).
        respond_time: when it answered, as it wrote it.
        serial_no: the number after 异常流水号 in the error text, for a call to its support.
        output: the transaction's output; numbers with a point are `decimal.Decimal`.
        text: the exact answer as text, without the wrapper a front layer put around it; no NUL in it.
        http_status: HTTP status code, None where nothing came back.
        fault: a short word for what is wrong with the answer or the way to it; empty when nothing is.
        duration_ms: milliseconds from the send to the answer's last byte.
        content: the bytes of a file, where the answer is one and was read into memory.
        file: the file on disk, where the answer is one and was streamed there.
        check_report: what was doubtful about the message it answers, in Chinese; empty where nothing was.
    """

    outcome: Outcome
    infcode: str | None = None
    err_msg: str = ""
    warn_msg: str = ""
    inf_refmsgid: str = ""
    refmsg_time: str = ""
    respond_time: str = ""
    serial_no: str = ""
    output: Any | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    http_status: int | None = None
    fault: str = ""
    duration_ms: int = 0
    content: bytes = field(default=b"", repr=False)
    file: StoredFile | None = field(default=None, repr=False)
    check_report: str = field(default="", repr=False)


def parse_answer(
    body: bytes,
    *,
    http_status: int,
    transaction: Transaction,
    texts: AnswerTexts | None = None,
    duration_ms: int = 0,
) -> Answer:
    """Read an answer. Any bytes give an answer; nothing is raised.

    Args:
        body: the answer's bytes.
        http_status: HTTP status code.
        transaction: what was asked; tells which output belongs to it.
        texts: what this site's texts mean; the usual meanings when None.
        duration_ms: milliseconds the call took.
    """
    if _is_file(body, http_status, transaction):
        return Answer(Outcome.OK, http_status=http_status, duration_ms=duration_ms, content=body)
    text = readable(body)
    message = Message.of(parsed(text))
    verdict = judge(message, text, http_status, transaction, texts or AnswerTexts())
    err_msg = message.error_text
    serial = _SERIAL.search(err_msg)
    return Answer(
        outcome=verdict.outcome,
        infcode=normal_code(message.envelope.get("infcode")),
        err_msg=err_msg,
        warn_msg=message.word("warn_msg"),
        inf_refmsgid=message.word("inf_refmsgid"),
        refmsg_time=message.word("refmsg_time"),
        respond_time=message.word("respond_time"),
        serial_no=serial[1] if serial else "",
        output=message.output,
        text=_unwrapped(text) if message.wrapped and verdict.outcome is not Outcome.SUSPICIOUS else text,
        http_status=http_status,
        fault=verdict.fault,
        duration_ms=duration_ms,
    )


def _unwrapped(text: str) -> str:
    """Return the envelope inside a wrapper, character by character: HIS reads ``output`` at the same place at every site."""
    try:
        members: Mapping[str, msgspec.Raw] = _WRAPPER.decode(text)
    except msgspec.MsgspecError:
        return text
    return bytes(members["data"]).decode()


def _is_file(body: bytes, http_status: int, transaction: Transaction) -> bool:
    return transaction.kind is Kind.DOWNLOAD and http_status == 200 and body.startswith(_FILE_STARTS)
