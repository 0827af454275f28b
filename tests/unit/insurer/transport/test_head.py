from __future__ import annotations

import httpx
import pytest

from mi_bridge.insurer.transport.head import complete_headers, write_head
from mi_bridge.insurer.transport.target import find_target

TARGET = find_target("http://gw.example:8080/fsi/api?x=1")


def test_a_head_is_written_line_by_line() -> None:
    assert write_head("POST", TARGET, [("x-tif-signature", "AB=+/")], 12) == (
        b"POST /fsi/api?x=1 HTTP/1.1\r\nHost: gw.example:8080\r\nContent-Length: 12\r\nAccept: */*\r\n"
        b"Accept-Encoding: identity\r\nUser-Agent: mi-bridge\r\nx-tif-signature: AB=+/\r\n\r\n"
    )


def test_the_caller_s_headers_replace_ours_except_for_the_framing() -> None:
    given = [
        ("HOST", "insurer.example"),
        ("user-agent", "HIS"),
        ("content-length", "99"),
        ("Transfer-Encoding", "chunked"),
    ]
    assert complete_headers(given, TARGET, 2) == [
        ("Content-Length", "2"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("HOST", "insurer.example"),
        ("user-agent", "HIS"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        ("x", "a\r\nb: c"),
        ("x", "a\nb"),
        ("x", "a\rb"),
        ("x", "a\0b"),
        ("x", "中文"),
        ("x", "\xff"),
        ("中文", "x"),
        ("x y", "z"),
        ("x:", "z"),
        ("", "z"),
        ("x\r\ny", "z"),
    ],
)
def test_what_would_break_the_head_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(httpx.LocalProtocolError) as caught:
        write_head("POST", TARGET, [header], 0)
    assert header[1] not in str(caught.value) or header[1] in "zx"
