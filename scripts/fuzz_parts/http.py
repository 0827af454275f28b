"""HTTP as a gateway may garble it: pieces are an answer, or an exception the fault table knows."""

from __future__ import annotations

import httpx

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.transport.answer_reader import AnswerReader
from scripts.fuzz_parts.target import Target, promise

_LIMIT = 4096
_PIECES = (1, 7, 64, 100_000)


def check(data: bytes) -> None:
    """Feed an answer in pieces: the first byte chooses how large they are."""
    if not data:
        return
    size = _PIECES[data[0] % len(_PIECES)]
    reader = AnswerReader()
    reader.begin(_LIMIT)
    try:
        _feed(reader, data[1:], size)
    except (httpx.RemoteProtocolError, httpx.ReadError, OutcomeUnknown):
        return
    answer = reader.answer()
    promise(reader.complete, "only a whole answer is one")
    promise(100 <= answer.status <= 999 and len(answer.body) <= _LIMIT, "within its limits", answer)


def _feed(reader: AnswerReader, data: bytes, size: int) -> None:
    for start in range(0, len(data), size):
        if reader.feed(data[start : start + size]):
            return
    reader.end(None)


TARGET = Target(
    check,
    (
        b'\x03HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{"infcode":0}',
        b'\x00HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nd\r\n{"infcode":0}\r\n0\r\nx: y\r\n\r\n',
        b"\x02HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 502 Bad Gateway\nserver: x\n\n<html>",
        b"\x01HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ),
    (
        "HTTP/1.1 ",
        "content-length: ",
        "transfer-encoding: chunked",
        "connection: close",
        "\r\n\r\n",
        "upgrade: ",
    ),
)
