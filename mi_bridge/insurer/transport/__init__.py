"""The way to the insurer: one message out, one answer back, and the truth when there is none.

The port is httpx's own, ``httpx.AsyncBaseTransport``, and requests are handed straight to it. ``build_transport``
returns ours; ``Wire`` posts over it, or over any other, and raises ``NotSent`` or ``OutcomeUnknown``, nothing else.

Why aiohttp beneath
-------------------
``python scripts/bench_parts/transports.py --seconds 0.3``, one run, medians of three, POST of 1 kB on loopback
against a stub insurer in a process of its own; uvloop, Python 3.11, aiohttp 3.14, 2 cores not quite to itself.
Requests/s · CPU microseconds of the client per request, by the insurer's delay and the number in flight:

| requests/s · CPU µs | 0 ms, 1 | 0 ms, 64 | 0 ms, 200 | 50 ms, 1 | 50 ms, 64 | 50 ms, 200 | 50 ms, 400 |
|---|--:|--:|--:|--:|--:|--:|--:|
| httpx, its own AsyncHTTPTransport | 1,677 · 541 | 171 · 5,847 | 33 · 30,138 | 19 · 1,704 | 106 · 8,944 | 25 · 39,679 | 14 · 72,921 |
| httpx-aiohttp's transport | 5,576 · 159 | 9,810 · 102 | 7,682 · 130 | 19 · 975 | 1,075 · 200 | 2,895 · 169 | 3,713 · 183 |
| ours over aiohttp | 4,556 · 167 | 10,504 · 95 | 7,549 · 132 | 19 · 963 | 1,106 · 210 | 2,653 · 196 | 4,222 · 144 |
| ours, under httpx.AsyncClient | 2,458 · 336 | 4,355 · 230 | 3,741 · 267 | 19 · 1,369 | 825 · 449 | 2,275 · 276 | 2,620 · 322 |
| ours, under Wire (what the bridge uses) | 5,053 · 154 | 9,022 · 111 | 8,149 · 123 | 19 · 1,023 | 980 · 207 | 2,948 · 150 | 3,829 · 195 |
| reference: bare asyncio.Protocol | 22,255 · 31 | 30,938 · 32 | 33,226 · 30 | 20 · 440 | 1,209 · 66 | 3,647 · 51 | 6,470 · 43 |

httpx's own pool looks at every connection for every request and collapses. With aiohttp a busy bridge pays 110 to
200 microseconds of the 250 that a request may cost altogether; aiohttp's own client, called directly in the 0 ms,
64 case, costs 66 to 76 of the 108 to 113 measured beside it. The bare protocol pays 30 to 50. That difference
is not worth owning TLS, chunked answers, name resolution, happy eyeballs and HTTP's corners, as long as 5,000
requests/s are reached. ``httpx.AsyncClient`` on top doubles the
cost, for cookies, redirects and codecs that are not wanted here. (One at a time at 50 ms the figure is the price of
waking an idle process, not of the transport.)

Why not httpx-aiohttp, which is as fast (0.2.0): it reports a server that hung up after acting as
``httpx.ConnectTimeout``, which reads as "never sent"; it keeps cookies; and like aiohttp itself it takes an
answer that lies on an idle connection for the answer to the next message. Ours differs in five ways:

- The last look is in the request's payload: aiohttp (tried on 3.13.0 and 3.14.5) holds the headers back until the
  body's first chunk, and between our look and ``transport.write`` nothing is awaited. There the deadline
  ``not_after`` is checked, and the connection: closed by the server, or spoken on out of turn, it is dropped
  and another one taken, which is no second send since nothing was written on the first. On Linux the look includes
  what the system has received and the loop has not read (``poll``, POLLRDHUP); elsewhere the loop's own reading.
- An answer that is there before its message was sent is no answer.
- Whatever fails or is cancelled loses its connection by an abort, not a close: a close would go on sending the
  rest of the message for as long as the peer takes to read it, past the deadline.
- Exceptions say on which side of the first byte they happened, whatever aiohttp calls them.
- The wait for a free connection is ours, so that "all in use" and "cannot connect" are told apart.

What a stale kept-alive connection proves
-----------------------------------------
Noticed before the first byte: not sent, and replaced. Closed under our bytes: unknown. TCP cannot tell a server that
closed before it read from one that acted and then closed, and the POST is never repeated. The window is one
network trip; keeping ``keepalive_s`` below the server's own idle time avoids it.
An answer sent twice, whose second copy arrives after the next message has left, cannot be told from that
message's own by HTTP: compare what the answer says with what was asked.

The fault table
---------------
Measured on real sockets by ``tests/unit/insurer/transport/test_fault_table.py``, on asyncio and on uvloop with
the same result, and compared there with this text line by line. "Proves not sent" is what ``NotSent`` means.

| on the wire | aiohttp raises | httpx sees | our fault | proves not sent | server acted |
|---|---|---|---|---|---|
| connection refused | ClientConnectorError | ConnectError | `connect_refused` | **yes** | no |
| connect timeout (backlog full) | ConnectionTimeoutError | ConnectTimeout | `connect_timeout` | **yes** | no |
| name not found | ClientConnectorDNSError | ConnectError | `dns_failed` | **yes** | no |
| certificate not trusted | ClientConnectorCertificateError | ConnectError | `tls_failed` | **yes** | no |
| certificate of another host | ClientConnectorCertificateError | ConnectError | `tls_failed` | **yes** | no |
| plain HTTP on an https port | ClientConnectorSSLError | ConnectError | `tls_failed` | **yes** | no |
| every connection in use | TimeoutError | PoolTimeout | `pool_timeout` | **yes** | no |
| not_after passes while waiting for a connection | none: ours | NotSent | `deadline_passed` | **yes** | no |
| reset before acting | ClientOSError | ReadError | `connection_reset` | no | no |
| reset after acting | ClientOSError | ReadError | `connection_reset` | no | yes |
| closed without a byte, before acting | ServerDisconnectedError | RemoteProtocolError | `disconnected` | no | no |
| closed without a byte, after acting | ServerDisconnectedError | RemoteProtocolError | `disconnected` | no | yes |
| silence after acting | none: our deadline | – | `answer_timeout` | no | yes |
| half a head, then closed | ServerDisconnectedError | RemoteProtocolError | `disconnected` | no | yes |
| half an answer, then silence | none: our deadline | – | `answer_timeout` | no | yes |
| half an answer, then closed (content-length) | ClientPayloadError | RemoteProtocolError | `answer_truncated` | no | yes |
| half an answer, then closed (chunked) | ClientPayloadError | RemoteProtocolError | `answer_truncated` | no | yes |
| half an answer, then reset | ClientPayloadError | RemoteProtocolError | `answer_truncated` | no | yes |
| dripping answer | none: our deadline | – | `answer_timeout` | no | yes |
| garbage instead of HTTP | ClientResponseError | RemoteProtocolError | `answer_garbled` | no | yes |
| headers of 100 kB | ClientResponseError | RemoteProtocolError | `answer_garbled` | no | yes |
| compressed answer, not asked for | none | – | `answer_encoded` | no | yes |
| endless answer | none | – | `answer_too_large` | no | yes |
| answer 502 | none | – | an answer, HTTP 502 | no | yes |
| answer 307 | none | – | an answer, HTTP 307 | no | yes |
| answer before the whole request was read | none | – | an answer, HTTP 413 | no | no |

An answer without content-length or chunks ends where the connection does, so one cut short looks complete
here; its JSON does not. ``request_invalid`` and a ``not_after`` already past are refused before anything else.
For another transport than ours NotSent needs proof too: it must call httpx's ``trace`` extension, as httpx's own
does, so that ``FirstByteGate`` knows the first byte was never reached. From one that does not, only
PoolTimeout, UnsupportedProtocol and InvalidURL are believed; the rest is ``unproved`` and unknown.
"""

from __future__ import annotations

from mi_bridge.insurer.transport.factory import build_transport
from mi_bridge.insurer.transport.wire import Wire, WireAnswer

__all__ = ["Wire", "WireAnswer", "build_transport"]
