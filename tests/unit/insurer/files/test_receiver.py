"""Whatever comes, in whatever pieces, is whole afterwards: on disk or in memory."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.insurer.files.receiver import Receiver, is_file

STARTS = st.sampled_from(
    [
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"%PDF",
        b"{",
        b"\xef\xbb\xbf{",
        b"<",
        b" [",
        b"\r\n" * 50 + b"{",
        b"      ",
        b"\x00",
    ]
)
TYPES = st.sampled_from(["", "application/octet-stream", "application/zip", "application/json", "text/html"])


@given(STARTS, st.lists(st.binary(max_size=40), max_size=6), TYPES, st.sampled_from([200, 401, 502]))
def test_nothing_is_lost_and_nothing_is_left_behind(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, chunks: list[bytes], kind: str, status: int
) -> None:
    folder = tmp_path_factory.mktemp("received")
    content = start + b"".join(chunks)
    receiver = Receiver(folder / "x", text_limit=10_000)

    async def receive() -> object:
        await receiver.begin(status, httpx.Headers({"content-type": kind}))
        for chunk in (start, *chunks):
            await receiver.write(chunk)
        return await receiver.commit()

    stored = asyncio.run(receive())
    receiver.discard()
    if is_file(status, kind, content[:1000]):
        assert stored is not None
        assert (folder / "x").read_bytes() == content
        assert hashlib.sha256(content).hexdigest() in repr(stored)
    else:
        assert stored is None
        assert receiver.text == content
    assert [path.name for path in folder.iterdir()] == (["x"] if stored else [])


async def test_an_upload_s_answer_is_never_taken_for_a_file(tmp_path: Path) -> None:
    receiver = Receiver(None, text_limit=100)
    await receiver.begin(200, httpx.Headers({"content-type": "application/octet-stream"}))
    await receiver.write(b"PK\x03\x04")
    assert await receiver.commit() is None
    assert receiver.text == b"PK\x03\x04"
