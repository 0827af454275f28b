from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.transport.answer_reader import HEAD_LIMIT, AnswerReader, RawAnswer

LIMIT = 10_000


@dataclass(frozen=True)
class Sample:
    """An answer on the wire, what it says, and how it ends."""

    wire: bytes
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    reusable: bool = True
    ends_with_the_connection: bool = False


def read(pieces: Iterable[bytes], *, ended: bool = False, max_bytes: int = LIMIT) -> tuple[RawAnswer, bool]:
    reader = AnswerReader()
    reader.begin(max_bytes)
    for piece in pieces:
        reader.feed(piece)
    if ended:
        reader.end(None)
    assert reader.complete
    return reader.answer(), reader.reusable


def check(sample: Sample, pieces: Iterable[bytes]) -> None:
    answer, reusable = read(pieces, ended=sample.ends_with_the_connection)
    assert answer == RawAnswer(sample.status, list(sample.headers), sample.body)
    assert reusable == sample.reusable


names = st.from_regex(rb"\AX-[A-Za-z0-9-]{0,8}\Z")
values = st.from_regex(rb"\A([!-~]([ -~]{0,10}[!-~])?)?\Z")
headers = st.lists(st.tuples(names, values), max_size=4).map(tuple)
chunks = st.lists(st.binary(min_size=1, max_size=40), max_size=4)
extensions = st.sampled_from([b"", b";a", b";a=b"])


def lines(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw an answer in any framing that HTTP/1.1 has."""
    interim = b"HTTP/1.1 100 Continue\r\n" + lines(draw(headers)) + b"\r\n"
    before = interim * draw(st.integers(0, 2))
    extra = draw(headers)
    framing = draw(st.sampled_from(["length", "chunked", "end", "none", "old", "close"]))
    parts = draw(chunks)
    body = b"".join(parts)
    if framing == "none":
        status = draw(st.sampled_from([204, 304]))
        return Sample(
            before + b"HTTP/1.1 %d Nothing\r\n" % status + lines(extra) + b"\r\n", status, extra, b""
        )
    if framing == "end":
        return Sample(
            before + b"HTTP/1.1 200 OK\r\n" + lines(extra) + b"\r\n" + body,
            200,
            extra,
            body,
            reusable=False,
            ends_with_the_connection=True,
        )
    if framing == "chunked":
        extra = (*extra, (b"Transfer-Encoding", b"chunked"))
        sizes = [b"%x%b\r\n%b\r\n" % (len(part), draw(extensions), part) for part in parts]
        trailers = lines(draw(headers))
        wire = b"".join(sizes) + b"0%b\r\n%b\r\n" % (draw(extensions), trailers)
        return Sample(before + b"HTTP/1.1 200 OK\r\n" + lines(extra) + b"\r\n" + wire, 200, extra, body)
    extra = (*extra, (b"Content-Length", str(len(body)).encode()))
    if framing == "close":
        extra = (*extra, (b"Connection", b"close"))
    version = b"HTTP/1.0" if framing == "old" else b"HTTP/1.1"
    return Sample(
        before + version + b" 500 Oh\r\n" + lines(extra) + b"\r\n" + body,
        500,
        extra,
        body,
        reusable=framing == "length",
    )


@given(samples(), st.data())
def test_an_answer_reads_the_same_in_whatever_pieces_it_comes(sample: Sample, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sample.wire)), max_size=8)))
    edges = [0, *cuts, len(sample.wire)]
    check(sample, [sample.wire[a:b] for a, b in itertools.pairwise(edges)])


CHUNKED = Sample(
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
    200,
    ((b"Transfer-Encoding", b"chunked"),),
    b"abcde",
)


@pytest.mark.parametrize("at", range(len(CHUNKED.wire)))
def test_an_answer_may_be_cut_at_every_byte(at: int) -> None:
    check(CHUNKED, [CHUNKED.wire[:at], CHUNKED.wire[at:]])
    check(CHUNKED, [CHUNKED.wire[i : i + 1] for i in range(len(CHUNKED.wire))])


@given(st.lists(st.binary(max_size=60), max_size=4), st.sampled_from([b"", CHUNKED.wire[:60]]))
def test_any_bytes_end_in_an_answer_or_in_a_fault_that_is_in_the_table(
    pieces: list[bytes], start: bytes
) -> None:
    reader = AnswerReader()
    reader.begin(LIMIT)
    try:
        complete = any(reader.feed(piece) for piece in [start, *pieces])
        if not complete:
            reader.end(None)
    except (httpx.RemoteProtocolError, OutcomeUnknown):
        return
    assert reader.complete


def test_one_reader_reads_one_answer_after_another() -> None:
    reader = AnswerReader()
    for body in (b"one", b"two"):
        reader.begin(LIMIT)
        assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body)
        assert (reader.answer().body, reader.reusable) == (body, True)


@pytest.mark.parametrize(
    "surplus", [b"HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad", b"garbage", b"HTTP/1.1 2"]
)
def test_what_follows_an_answer_is_nobody_s_and_costs_the_connection(surplus: bytes) -> None:
    answer, reusable = read([b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok" + surplus])
    assert (answer.status, answer.body, reusable) == (200, b"ok", False)
    assert answer.headers == [(b"X-A", b"1"), (b"Content-Length", b"2")]


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\x01b\r\n\r\nok",
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 成功\r\nContent-Length: 2\r\n\r\nok".encode("gbk"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n",
    ],
    ids=["bare line feeds", "odd header", "no reason", "reason in Chinese", "space after the size"],
)
def test_what_old_gateways_write_is_read(wire: bytes) -> None:
    assert read([wire])[0].body == b"ok"


@pytest.mark.parametrize(
    "wire",
    [
        b"\x16\x03\x01 TLS",
        b"<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 101 Other\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n",
        b"HTTP/1.1 101 Other\r\n\r\n",
    ],
)
def test_what_is_not_plain_http_is_refused(wire: bytes) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        read([wire])


@pytest.mark.parametrize("size", [1, 1000, 200_000])
@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;", b"x"),
    ],
    ids=["one header", "many headers", "interim answers", "trailers", "chunk extension"],
)
def test_an_endless_head_is_refused(start: bytes, again: bytes, size: int) -> None:
    wire = start + again * (200_000 // len(again))
    with pytest.raises(httpx.RemoteProtocolError, match="too large"):
        read(wire[at : at + size] for at in range(0, len(wire), size))


def test_a_head_at_the_limit_is_read_and_one_beyond_refused() -> None:
    def answer(size: int) -> bytes:
        return b"HTTP/1.1 204 OK\r\nX: " + b"x" * size + b"\r\n\r\n"

    assert read([answer(HEAD_LIMIT - 5)])[0].status == 204
    with pytest.raises(httpx.RemoteProtocolError, match="too large"):
        read([answer(HEAD_LIMIT - 4)])


def test_chunks_of_one_byte_are_not_taken_for_an_endless_head() -> None:
    body = b"1\r\nx\r\n" * 100_000
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    assert len(read([wire], max_bytes=100_000)[0].body) == 100_000


@pytest.mark.parametrize("framing", [b"Content-Length: 11", b"X-Until: close"])
def test_a_body_beyond_its_limit_is_given_up(framing: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n"
    with pytest.raises(OutcomeUnknown, match="answer_too_large"):
        read([head, b"x" * 11], max_bytes=10)


@pytest.mark.parametrize(
    ("start", "exc", "error", "cause"),
    [
        (b"", None, httpx.RemoteProtocolError, EOFError),
        (b"HTTP/1.1 2", None, httpx.RemoteProtocolError, EOFError),
        (b"HTTP/1.1 2", ConnectionResetError(), httpx.ReadError, ConnectionResetError),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
            None,
            httpx.RemoteProtocolError,
            asyncio.IncompleteReadError,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
            None,
            httpx.RemoteProtocolError,
            asyncio.IncompleteReadError,
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\nhalf",
            ConnectionResetError(),
            httpx.RemoteProtocolError,
            ConnectionResetError,
        ),
    ],
)
def test_the_connection_s_end_says_how_far_the_answer_came(
    start: bytes, exc: Exception | None, error: type[Exception], cause: type[Exception]
) -> None:
    reader = AnswerReader()
    reader.begin(LIMIT)
    assert not reader.feed(start)
    with pytest.raises(error) as caught:
        reader.end(exc)
    assert isinstance(caught.value.__cause__, cause)


def test_an_answer_without_framing_ends_with_the_connection() -> None:
    for extra in (b"", b"Transfer-Encoding: identity\r\n"):
        answer, reusable = read([b"HTTP/1.1 200 OK\r\n" + extra + b"\r\nall of it"], ended=True)
        assert (answer.body, reusable) == (b"all of it", False)
