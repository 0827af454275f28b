"""What an insurer's gateway does wrong on the wire, one behaviour of a raw server each."""

from __future__ import annotations

import socket
import time
from typing import Any

SERVED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"


def reset_before(conn: Any) -> None:
    conn.read_head()
    conn.reset()


def reset_after(conn: Any) -> None:
    conn.read_request()
    conn.reset()


def close_before(conn: Any) -> None:
    conn.sock.recv(1)
    conn.sock.shutdown(socket.SHUT_WR)
    conn.read_head()


def close_after(conn: Any) -> None:
    conn.read_request()


def silence(conn: Any) -> None:
    conn.read_request()
    conn.hang()


def half_then_silence(conn: Any) -> None:
    conn.read_request()
    conn.send(SERVED)
    conn.hang()


def half_then_close(conn: Any) -> None:
    conn.read_request()
    conn.send(SERVED)


def half_then_reset(conn: Any) -> None:
    conn.read_request()
    conn.send(SERVED)
    time.sleep(0.05)
    conn.reset()


def half_head_then_close(conn: Any) -> None:
    conn.read_request()
    conn.send(SERVED[:20])


def chunk_then_close(conn: Any) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{inf")


def drip(conn: Any) -> None:
    conn.read_request()
    conn.send(SERVED)
    while not conn.server.stopping.wait(0.05):
        conn.send(b" ")


def bad_gateway(conn: Any) -> None:
    conn.read_request()
    conn.answer(b"<html>", status="502 Bad Gateway")
    conn.hang()


def redirect(conn: Any) -> None:
    conn.read_request()
    conn.answer(b"", status="307 Temporary Redirect", extra=b"Location: /elsewhere\r\n")
    conn.hang()


def garbage(conn: Any) -> None:
    conn.read_request()
    conn.send(b"\x00\x01 not HTTP at all\r\n\r\n")
    conn.hang()


def huge_headers(conn: Any) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n")
    conn.hang()


def compressed(conn: Any) -> None:
    conn.read_request()
    conn.answer(b"\x1f\x8b", extra=b"Content-Encoding: gzip\r\n")
    conn.hang()


def endless(conn: Any) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        conn.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def early_answer(conn: Any) -> None:
    conn.read_head()
    conn.answer(status="413 Payload Too Large", extra=b"Connection: close\r\n")
    conn.hang()


def changes_protocol(conn: Any) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n")
    conn.hang()


def interim_then_close(conn: Any) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def answers_twice(conn: Any) -> None:
    conn.read_request()
    conn.answer()
    if conn.server.connections == 1:
        conn.answer(status="500 Out of turn")
    conn.hang()


def answers_and_closes(conn: Any) -> None:
    conn.read_request()
    conn.answer()


def resets_the_second(conn: Any) -> None:
    conn.read_request()
    conn.answer()
    conn.read_request()
    conn.reset()


def plain_answer(conn: Any) -> None:
    conn.sock.recv(65536)
    conn.answer(status="400 Bad Request")
    conn.sock.shutdown(socket.SHUT_WR)
    conn.sock.recv(65536)


def served_once(conn: Any) -> None:
    conn.read_request()
    time.sleep(0.4)
    conn.answer()
    conn.hang()
