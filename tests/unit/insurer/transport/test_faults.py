from __future__ import annotations

import asyncio
import socket
import ssl

import httpx
import pytest

from mi_bridge.errors import NotSent, OutcomeUnknown
from mi_bridge.insurer.transport.faults import FAULTS, causes, describe, judge
from mi_bridge.insurer.transport.gate import FirstByteGate


def gate(*, watched: bool = True, opened: bool = False) -> FirstByteGate:
    made = FirstByteGate()
    made.watched, made.opened = watched, opened
    return made


def caused(exc: Exception, cause: BaseException) -> Exception:
    exc.__cause__ = cause
    return exc


@pytest.mark.parametrize(
    ("exc", "word"),
    [
        (httpx.PoolTimeout(""), "pool_timeout"),
        (httpx.ConnectTimeout(""), "connect_timeout"),
        (caused(httpx.ConnectError(""), socket.gaierror(-2, "unknown name")), "dns_failed"),
        (caused(httpx.ConnectError(""), ssl.SSLError("handshake")), "tls_failed"),
        (caused(httpx.ConnectError(""), ConnectionRefusedError()), "connect_refused"),
        (httpx.ConnectError("unreachable"), "connect_failed"),
        (httpx.ProxyError(""), "connect_failed"),
        (httpx.UnsupportedProtocol(""), "request_invalid"),
        (httpx.LocalProtocolError(""), "request_invalid"),
        (httpx.InvalidURL(""), "request_invalid"),
        (httpx.RemoteProtocolError(""), "connect_failed"),
        (TimeoutError(), "deadline_passed"),
        (RuntimeError("anything"), "connect_failed"),
    ],
)
def test_before_the_first_byte_everything_is_not_sent(exc: Exception, word: str) -> None:
    verdict = judge(exc, gate())
    assert isinstance(verdict, NotSent)
    assert verdict.fault == word


@pytest.mark.parametrize(
    ("exc", "word"),
    [
        (httpx.ReadTimeout(""), "answer_timeout"),
        (httpx.ReadError(""), "connection_reset"),
        (httpx.WriteError(""), "send_failed"),
        (httpx.WriteTimeout(""), "send_failed"),
        (caused(httpx.RemoteProtocolError(""), EOFError()), "disconnected"),
        (
            caused(httpx.RemoteProtocolError(""), asyncio.IncompleteReadError(b"", None)),
            "answer_truncated",
        ),
        (caused(httpx.RemoteProtocolError(""), ConnectionResetError()), "answer_truncated"),
        (httpx.RemoteProtocolError(""), "answer_garbled"),
        (TimeoutError(), "answer_timeout"),
        (RuntimeError("anything"), "transport_failed"),
        (httpx.PoolTimeout(""), "unproved"),
        (httpx.ConnectError(""), "unproved"),
        (httpx.LocalProtocolError(""), "request_invalid"),
        (NotSent("deadline_passed"), "transport_failed"),
    ],
)
def test_after_the_first_byte_nothing_is_not_sent(exc: Exception, word: str) -> None:
    verdict = judge(exc, gate(opened=True))
    assert isinstance(verdict, OutcomeUnknown)
    assert verdict.fault == word


@pytest.mark.parametrize(
    "exc", [httpx.ConnectTimeout(""), httpx.ConnectError(""), httpx.LocalProtocolError("")]
)
def test_a_transport_that_is_not_watched_is_not_believed(exc: Exception) -> None:
    """httpx-aiohttp says ConnectTimeout for a server that closed after it had acted."""
    assert isinstance(judge(exc, gate(watched=False)), OutcomeUnknown)


@pytest.mark.parametrize("exc", [httpx.PoolTimeout(""), httpx.UnsupportedProtocol(""), httpx.InvalidURL("")])
def test_three_exceptions_prove_it_by_their_meaning(exc: Exception) -> None:
    assert isinstance(judge(exc, gate(watched=False)), NotSent)


def test_our_own_verdicts_stand() -> None:
    unknown, unsent = OutcomeUnknown("answer_too_large"), NotSent("deadline_passed")
    assert judge(unknown, gate(opened=True)) is unknown
    assert judge(unsent, gate(watched=False)) is unsent


def test_details_never_quote_what_a_library_quotes() -> None:
    patient = "psn_name=张三 990101198001016571"
    for exc in (httpx.RemoteProtocolError(patient), caused(httpx.ReadError(patient), RuntimeError(patient))):
        assert "990101198001016571" not in describe(exc)
        assert type(exc).__name__ in describe(exc)


def test_details_carry_the_system_s_own_words() -> None:
    refused = caused(httpx.ConnectError(""), ConnectionRefusedError(111, "Connection refused"))
    assert describe(refused) == "ConnectError from ConnectionRefusedError: Connection refused"
    assert describe(ConnectionResetError()) == "ConnectionResetError"


def test_details_of_a_certificate_say_what_is_wrong_with_it() -> None:
    refusal = ssl.SSLCertVerificationError("certificate verify failed")
    refusal.verify_message = "self-signed certificate"
    assert describe(refusal) == "SSLCertVerificationError: self-signed certificate"
    assert describe(ssl.SSLError("handshake")) == "SSLError"


def test_a_loop_of_causes_ends() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert len(list(causes(first))) < 100


def test_the_last_row_takes_everything() -> None:
    assert (FAULTS[-1].exception, FAULTS[-1].cause) == (BaseException, BaseException)
