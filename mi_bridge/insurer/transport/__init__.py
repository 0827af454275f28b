"""The way to the insurer: one message out, one answer back, and the truth when there is none.

The port is httpx's own, ``httpx.AsyncBaseTransport``. ``build_transport`` returns ours; ``Wire`` posts over it, or
over any other, and raises ``NotSent`` or ``OutcomeUnknown``, nothing else.

What is ours, and why
---------------------
Ours are the connections and the pool; libraries do what has corners: llhttp (``httptools``) parses the answers, the
event loop connects and speaks TLS, ``aiohappyeyeballs`` tries the addresses of a name.

``python scripts/bench_parts/transports.py --seconds 0.3``, one run, medians of three, POST of 1 kB on loopback
against a stub insurer in a process of its own; uvloop, Python 3.11, httptools 0.9, aiohttp 3.14, 2 cores busy with
other work as well, which the rates feel more than the CPU figures do. Requests/s · CPU microseconds of the client
per request, by the insurer's delay and the number in flight:

| requests/s · CPU µs | 0 ms, 1 | 0 ms, 64 | 0 ms, 200 | 50 ms, 1 | 50 ms, 64 | 50 ms, 200 | 50 ms, 400 |
|---|--:|--:|--:|--:|--:|--:|--:|
| httpx, its own AsyncHTTPTransport | 565 · 537 | 50 · 5,963 | 25 · 11,311 | 19 · 1,351 | 33 · 8,158 | 17 · 8,688 | 19 · 6,614 |
| httpx-aiohttp's transport | 2,632 · 126 | 2,463 · 132 | 2,193 · 162 | 19 · 745 | 848 · 161 | 420 · 372 | 387 · 335 |
| aiohttp's client, called directly | 2,455 · 91 | 4,896 · 75 | 2,652 · 112 | 19 · 570 | 805 · 118 | 1,626 · 124 | 797 · 256 |
| ours, over httpx's port | 7,607 · 40 | 5,518 · 50 | 5,691 · 50 | 19 · 381 | 1,033 · 75 | 2,094 · 61 | 1,484 · 110 |
| ours, under httpx.AsyncClient | 1,238 · 192 | 5,745 · 139 | 3,237 · 182 | 19 · 698 | 948 · 218 | 442 · 309 | 377 · 356 |
| ours, under Wire (what the bridge uses) | 4,233 · 26 | 23,475 · 19 | 18,437 · 25 | 18 · 270 | 1,131 · 42 | 2,379 · 41 | 569 · 189 |
| reference: bare asyncio.Protocol over httpx's port | 8,064 · 31 | 5,367 · 33 | 7,483 · 37 | 20 · 332 | 1,063 · 52 | 2,164 · 45 | 1,224 · 83 |

A request may cost the bridge 200 microseconds altogether, if one event loop is to do 5,000 a second. At 0 ms
aiohttp's own client, called directly, takes 75 to 112 of them; an adapter over it, with the same promises as ours,
took 98 to 148 (0 ms, 64; measured minutes apart, while it was still here). httpx's own pool looks at every
connection for every request and collapses. Ours takes 19 to 26: less than the bare reference, because ``Wire``
speaks to it without httpx's objects, which cost 15 to 30 where our transport is wrapped in another, and
``httpx.AsyncClient`` about another 100. (One at a time at 50 ms the figure is the price of waking an idle process, not
of the transport; with 400 at 50 ms each connection carries few messages within a measurement.)

Why not httpx-aiohttp (0.2.0): it reports a server that hung up after acting as ``httpx.ConnectTimeout``, which
reads as "never sent"; it keeps cookies; and like aiohttp itself it takes an answer that lies on an idle
connection for the answer to the next message.

Files (9101, 9102) pass piece by piece: ``Wire.transfer`` writes a body while it is made and hands the answer to a sink
as it comes, over the same connections. A server that takes nothing holds the writing back, a slow sink the reading; an
answer before the body is all written ends the writing and costs the connection. The gate stands before the first byte
as ever, so ``NotSent`` means the same. Messages that are not streamed take none of this way and cost what they did
(28.4 to 30.6 microseconds of CPU a message before, 28.9 to 31.2 after, loopback, 32 in flight, the server's included).

What every message gets:

- The last look is where the first byte is: the connection is looked at, ``not_after`` is checked, and head and body
  go into the system in one write, with nothing awaited between. A connection that the server has closed, or spoken
  on out of turn, is dropped and another one taken, which is no second send since nothing was written on the
  first. On Linux the look includes what the system has received and the loop has not read (``poll``, POLLRDHUP);
  elsewhere the loop's own reading.
- An answer that is there before its message was sent is no answer, and what follows an answer costs its connection.
- Whatever fails, is cancelled or late loses its connection by an abort, not a close, and with it what the system
  has not yet sent: else those bytes would go out for as long as the peer takes to read or the network to
  heal, past the deadline.
- The wait for a free connection, connecting, and the answer each have their own exception; who waits first is
  served first, and the connection used last is used first, so that the others may expire.

What a stale kept-alive connection proves
-----------------------------------------
Noticed before the first byte: not sent, and replaced. Closed under our bytes: unknown. TCP cannot tell a server that
closed before it read from one that acted and then closed, and the POST is never repeated. The window is one
network trip; keeping ``keepalive_s`` below the server's own idle time avoids it.
An answer sent twice, whose second copy arrives after the next message has left, cannot be told from that
message's own by HTTP: compare what the answer says with what was asked.

The fault table
---------------
Measured on real sockets by ``tests/unit/insurer/transport/test_fault_table.py``, on asyncio and on uvloop, over the
port and over Wire's short way, with the same result, and compared there with this text line by line. "Proves
not sent" is what ``NotSent`` means.

| on the wire | beneath | httpx sees | our fault | proves not sent | server acted |
|---|---|---|---|---|---|
| connection refused | ConnectionRefusedError | ConnectError | `connect_refused` | **yes** | no |
| connect timeout (backlog full) | TimeoutError | ConnectTimeout | `connect_timeout` | **yes** | no |
| name not found | gaierror | ConnectError | `dns_failed` | **yes** | no |
| certificate not trusted | SSLCertVerificationError | ConnectError | `tls_failed` | **yes** | no |
| certificate of another host | SSLCertVerificationError | ConnectError | `tls_failed` | **yes** | no |
| plain HTTP on an https port | SSLError | ConnectError | `tls_failed` | **yes** | no |
| every connection in use | TimeoutError | PoolTimeout | `pool_timeout` | **yes** | no |
| not_after passes while waiting for a connection | none: ours | NotSent | `deadline_passed` | **yes** | no |
| reset before acting | ConnectionResetError | ReadError | `connection_reset` | no | no |
| reset after acting | ConnectionResetError | ReadError | `connection_reset` | no | yes |
| closed without a byte, before acting | EOFError | RemoteProtocolError | `disconnected` | no | no |
| closed without a byte, after acting | EOFError | RemoteProtocolError | `disconnected` | no | yes |
| silence after acting | none: our deadline | – | `answer_timeout` | no | yes |
| half a head, then closed | EOFError | RemoteProtocolError | `disconnected` | no | yes |
| half an answer, then silence | none: our deadline | – | `answer_timeout` | no | yes |
| half an answer, then closed (content-length) | IncompleteReadError | RemoteProtocolError | `answer_truncated` | no | yes |
| half an answer, then closed (chunked) | IncompleteReadError | RemoteProtocolError | `answer_truncated` | no | yes |
| half an answer, then reset | ConnectionResetError | RemoteProtocolError | `answer_truncated` | no | yes |
| dripping answer | none: our deadline | – | `answer_timeout` | no | yes |
| garbage instead of HTTP | HttpParserError | RemoteProtocolError | `answer_garbled` | no | yes |
| headers of 100 kB | none: ours | RemoteProtocolError | `answer_garbled` | no | yes |
| change of protocol (101) | HttpParserCallbackError | RemoteProtocolError | `answer_garbled` | no | yes |
| interim answer, then closed | EOFError | RemoteProtocolError | `disconnected` | no | yes |
| compressed answer, not asked for | none | – | `answer_encoded` | no | yes |
| endless answer | none: ours | OutcomeUnknown | `answer_too_large` | no | yes |
| answer 502 | none | – | an answer, HTTP 502 | no | yes |
| answer 307 | none | – | an answer, HTTP 307 | no | yes |
| answer before the whole request was read | none | – | an answer, HTTP 413 | no | no |
| kept connection, closed meanwhile | none | – | an answer, HTTP 200 | no | yes |
| kept connection, another answer out of turn | none | – | an answer, HTTP 200 | no | yes |
| kept connection, reset under our bytes | ConnectionResetError | ReadError | `connection_reset` | no | yes |

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
