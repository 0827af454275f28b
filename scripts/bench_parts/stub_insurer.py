"""A stub of the insurer's platform for benches: one fixed answer after a fixed delay, and nothing else.

It is meant to cost so little that it is not what is measured: one asyncio.Protocol, no HTTP library, no
JSON. It keeps connections alive, understands Content-Length (and nothing of chunked requests), counts, and
exits on SIGTERM or SIGINT.

    python scripts/bench_parts/stub_insurer.py --delay-ms 50

prints one line, ``port=40123``, as soon as it listens. ``GET /`` (any GET) answers the counters as JSON:
``{"requests": 20000, "connections": 64, "cpu_seconds": 1.25, "delay_seconds": 1003.2}``; the last is how long
requests really waited here, all of them together.

The answer carries the nodes that 1101 and 2207 are expected to bring.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_ANSWER_BODY = (
    b'{"infcode":0,"inf_refmsgid":"990101000000000000000000000001","refmsg_time":"20260101080000000",'
    b'"respond_time":"20260101080000001","err_msg":"","warn_msg":"","signtype":"SM3","cainfo":"",'
    b'"output":{"baseinfo":{"psn_no":"99010100000000000001","psn_cert_type":"01","certno":"990101198001016571",'
    b'"psn_name":"\xe6\xb5\x8b\xe8\xaf\x95\xe4\xba\xba","gend":"1","naty":"01","brdy":"1980-01-01","age":46.0},'
    b'"insuinfo":[{"balc":1024.56,"insutype":"310","psn_type":"1101","psn_insu_stas":"1","insuplc_admdvs":"990101",'
    b'"emp_name":"\xe6\xb5\x8b\xe8\xaf\x95\xe5\x8d\x95\xe4\xbd\x8d"}],"idetinfo":[],'
    b'"setlinfo":{"setl_id":"990101000000000001","mdtrt_id":"990101000000000002","medfee_sumamt":356.78,'
    b'"fund_pay_sumamt":285.42,"acct_pay":40.00,"psn_cash_pay":31.36,"balc":984.56}}}'
)


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: "
    return head + str(len(body)).encode() + _HEAD_END + body


class Counters:
    """What the stub has seen since it started."""

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self.delay_seconds = 0.0

    def answer(self) -> bytes:
        """Return the counters as an HTTP answer."""
        text = (
            f'{{"requests": {self.requests}, "connections": {self.connections},'
            f' "cpu_seconds": {time.process_time():.6f}, "delay_seconds": {self.delay_seconds:.6f}}}'
        )
        return _answer(text.encode())


class StubConnection(asyncio.Protocol):
    """One kept-alive connection.

    Args:
        counters: shared by all connections.
        delay_s: seconds before each answer.
    """

    _answer = _answer(_ANSWER_BODY)

    def __init__(self, counters: Counters, delay_s: float) -> None:
        self._counters = counters
        self._delay_s = delay_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection."""
        self._transport = cast(
            "asyncio.Transport", transport
        )  # uvloop's transports are not asyncio's by class
        self._counters.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the connection; an answer still due is dropped."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Take every complete request out of the buffer."""
        self._buffer += data
        while (size := self._complete()) > 0:
            counters_asked = self._buffer.startswith(b"GET")
            self._buffer = self._buffer[size:]
            self._reply(counters_asked=counters_asked)

    def _complete(self) -> int:
        """Return the size in bytes of the first request in the buffer; 0 while it is incomplete."""
        head = self._buffer.find(_HEAD_END)
        if head < 0:
            return 0
        match = _LENGTH.search(self._buffer, 0, head)
        size = head + len(_HEAD_END) + (int(match[1]) if match else 0)
        return size if len(self._buffer) >= size else 0

    def _reply(self, *, counters_asked: bool) -> None:
        if counters_asked:
            self._write(self._counters.answer())
            return
        self._counters.requests += 1
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._write_late, time.perf_counter())
        else:
            self._write(self._answer)

    def _write_late(self, began: float) -> None:
        self._write(self._answer)
        self._counters.delay_seconds += time.perf_counter() - began

    def _write(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)


async def serve(port: int, delay_s: float) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(
            NotImplementedError
        ):  # Windows has no loop signal handlers; Ctrl-C ends it there
            loop.add_signal_handler(number, stop.set)
    counters = Counters()
    server = await loop.create_server(
        lambda: StubConnection(counters, delay_s), "127.0.0.1", port, backlog=1024
    )
    print(f"port={server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one and prints it")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="milliseconds before each answer")
    arguments = parser.parse_args()
    if sys.platform == "win32":
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(arguments.port, arguments.delay_ms / 1000))
        return
    import uvloop

    uvloop.run(serve(arguments.port, arguments.delay_ms / 1000))


if __name__ == "__main__":
    main()
    os._exit(0)  # open connections are the client's affair; do not wait for them
