from __future__ import annotations

import base64
import hashlib
import json
import resource
import sys
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from file_platform import FilePlatform
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import FileFault, MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.files.client import FileClient

ORG = "H99990100002"
NUMBER = {"infcode": 0, "err_msg": "", "output": {"file_qury_no": "M00/00/01/x", "filename": "a.zip"}}
Clients = Callable[..., FileClient]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "结算明细.zip"
    path.write_bytes(bytes(range(256)) * 2000 + b"end")
    return path


def accepted(platform: FilePlatform) -> None:
    platform.answer(json.dumps(NUMBER).encode(), "application/json")


async def test_a_form_carries_message_and_file(
    make_client: Clients, platform: FilePlatform, source: Path
) -> None:
    accepted(platform)
    answer = await make_client(placeholder="[]").upload(source, org_code=ORG)
    assert answer.outcome is Outcome.OK
    assert answer.output == NUMBER["output"]
    taken = platform.taken[0]
    kind = taken.headers["content-type"]
    form: Any = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + taken.body)
    message, file = (part.get_payload(decode=True) for part in form.get_payload())
    assert json.loads(message)["input"] == {
        "fsUploadIn": {"in": "[]", "filename": "结算明细.zip", "fixmedins_code": ORG}
    }
    assert file == source.read_bytes()


@pytest.mark.parametrize(
    ("encoding", "signed", "decode"),
    [
        ("base64", False, base64.b64decode),
        ("byte_array", False, bytes),
        ("byte_array", True, lambda numbers: bytes(number % 256 for number in numbers)),
    ],
)
async def test_the_json_carries_the_file(
    make_client: Clients,
    platform: FilePlatform,
    source: Path,
    encoding: str,
    signed: bool,
    decode: Callable[[Any], bytes],
) -> None:
    accepted(platform)
    client = make_client(upload_encoding=encoding, signed_bytes=signed)
    assert (await client.upload(source, org_code=ORG, filename="x.zip")).outcome is Outcome.OK
    carried = json.loads(platform.taken[0].body)["input"]["fsUploadIn"]
    assert decode(carried["in"]) == source.read_bytes()
    assert carried["filename"] == "x.zip"
    assert not signed or min(carried["in"]) == -128


@pytest.mark.parametrize("encoding", ["base64", "byte_array"])
async def test_an_input_that_is_a_text_carries_the_file_too(
    make_client: Clients, platform: FilePlatform, source: Path, encoding: str
) -> None:
    accepted(platform)
    profile = make_client()._client.profile.model_copy(update={"input_as": "string"})
    client = make_client(profile, upload_encoding=encoding)
    await client.upload(source, org_code=ORG)
    carried = json.loads(json.loads(platform.taken[0].body)["input"])["fsUploadIn"]["in"]
    assert (base64.b64decode(carried) if encoding == "base64" else bytes(carried)) == source.read_bytes()


async def test_the_hash_and_the_signature_are_of_the_bytes_sent(
    make_client: Clients, platform: FilePlatform, source: Path
) -> None:
    class Reader:
        def sign(self, infno: str, body: bytes) -> tuple[tuple[str, str], ...]:
            return (("x-sign", hashlib.sha256(body).hexdigest()),)

        def sign_stream(self, infno: str, pieces: Any) -> tuple[tuple[str, str], ...]:
            return self.sign(infno, b"".join(pieces))

    accepted(platform)
    client = make_client()
    client._client._current.maker._signer = Reader()
    call = Call("9101", {"filename": "x.zip", "fixmedins_code": ORG, "in": "ignored"})
    prepared, body = await client.prepare_upload(call, source)
    await client.send_upload(prepared, body)
    taken = platform.taken[0]
    assert taken.sha256 == prepared.body_sha256 == taken.headers["x-sign"]
    assert "x-sign" not in repr(prepared)


async def test_a_faulty_upload_is_named_before_anything_is_sent(
    make_client: Clients, platform: FilePlatform, tmp_path: Path, source: Path
) -> None:
    client = make_client()
    with pytest.raises(FileFault, match=r"nowhere\.zip: cannot be read"):
        await client.upload(tmp_path / "nowhere.zip", org_code=ORG)
    with pytest.raises(MalformedInput, match="filename"):
        await client.prepare_upload(Call("9101", {"fsUploadIn": {}}), source)
    assert platform.taken == []


async def test_a_file_that_shrinks_meanwhile_is_not_sent_whole(
    make_client: Clients, platform: FilePlatform, source: Path
) -> None:
    client = make_client()
    call = Call("9101", {"filename": "x.zip", "fixmedins_code": ORG})
    prepared, body = await client.prepare_upload(call, source)
    source.write_bytes(b"short")
    answer = await client.send_upload(prepared, body)
    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, "transport_failed")


async def test_a_file_comes_whole_and_at_once(
    make_client: Clients, platform: FilePlatform, tmp_path: Path
) -> None:
    content = b"PK\x03\x04" + bytes(100_000)
    platform.answer(content, "application/octet-stream")
    target = tmp_path / "new" / "x.zip"
    answer = await make_client().download("M00/00/00/a", "x.txt.zip", target)
    assert answer.file is not None
    assert target.read_bytes() == content
    assert (answer.file.size, answer.file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert json.loads(platform.taken[0].body)["input"] == {
        "fsDownloadIn": {"file_qury_no": "M00/00/00/a", "filename": "x.txt.zip", "fixmedins_code": "plc"}
    }
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("body", "kind", "outcome", "words"),
    [
        (b'{"infcode":-1,"err_msg":"no such file"}', "application/octet-stream", Outcome.REFUSED, "no such"),
        (b'\xef\xbb\xbf {"infcode":-1,"err_msg":"x"}', "application/zip", Outcome.REFUSED, "x"),
        (
            '{"infcode":"0","err_msg":"FSI-文件查询号不能为空"}'.encode(),
            "text/plain",
            Outcome.SUSPICIOUS,
            "文件",
        ),
        (b"<html>busy</html>", "application/octet-stream", Outcome.UNKNOWN, ""),
        (b"abcdef", "text/plain", Outcome.UNKNOWN, ""),
        (b"", "application/octet-stream", Outcome.UNKNOWN, ""),
        (b"{", "application/octet-stream", Outcome.UNKNOWN, ""),
    ],
)
async def test_what_is_no_file_is_read_as_an_answer(
    make_client: Clients,
    platform: FilePlatform,
    tmp_path: Path,
    body: bytes,
    kind: str,
    outcome: Outcome,
    words: str,
) -> None:
    platform.answer(body, kind)
    answer = await make_client().download("a", "x.zip", tmp_path / "x.zip")
    assert (answer.outcome, answer.file) == (outcome, None)
    assert words in answer.err_msg
    assert list(tmp_path.iterdir()) == []


async def test_a_file_without_a_known_beginning_is_believed_by_its_type_and_status(
    make_client: Clients, platform: FilePlatform, tmp_path: Path
) -> None:
    client = make_client()
    for body in (b"abc", b"\x00\x01\x02\x03\x04"):
        platform.answer(body, "application/octet-stream; charset=utf-8")
        assert (await client.download("a", "x", tmp_path / "x")).file is not None
        assert (tmp_path / "x").read_bytes() == body
    platform.answer(b"PK\x03\x04", "application/octet-stream", status=502)
    assert (await client.download("a", "x", tmp_path / "y")).outcome is Outcome.UNKNOWN
    assert not (tmp_path / "y").exists()


async def test_a_file_cut_short_leaves_nothing_and_the_old_one_stays(
    make_client: Clients, platform: FilePlatform, tmp_path: Path
) -> None:
    (tmp_path / "x.zip").write_bytes(b"old")
    platform.answer(b"PK\x03\x04" + bytes(3000), "application/zip")
    platform.length += 10_000
    answer = await make_client(transfer_timeout_s=0.5).download("a", "x.zip", tmp_path / "x.zip")
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.fault in {"answer_timeout", "answer_truncated"}
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


async def test_files_and_texts_have_their_limits(
    make_client: Clients, platform: FilePlatform, tmp_path: Path
) -> None:
    platform.answer(b"PK\x03\x04" + bytes(5000), "application/zip")
    answer = await make_client(max_file_bytes=1024).download("a", "x.zip", tmp_path / "x.zip")
    assert answer.fault == "answer_too_large"
    profile = make_client()._client.profile.model_copy(update={"max_answer_bytes": 1024})
    platform.answer(b'{"x":"' + b"y" * 5000, "application/json")
    answer = await make_client(profile).download("a", "x.zip", tmp_path / "x.zip")
    assert answer.fault == "answer_too_large"
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_told(
    make_client: Clients, platform: FilePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mi_bridge.insurer.files.receiver.Receiver._append", full)
    platform.answer(b"PK\x03\x04" + bytes(5000), "application/zip")
    answer = await make_client().download("a", "x.zip", tmp_path / "x.zip")
    assert "No space left" in answer.err_msg
    assert list(tmp_path.iterdir()) == []


def _peak_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform != "darwin" else peak // 1024


async def test_200_mb_go_and_come_in_flat_memory(
    make_client: Clients, platform: FilePlatform, tmp_path: Path
) -> None:
    size = 200 * 1024 * 1024
    source = tmp_path / "big.zip"
    with source.open("wb") as file:
        file.truncate(size)
    client = make_client()
    accepted(platform)
    await client.download("warm", "up", tmp_path / "warm")
    before = _peak_kb()
    assert (await client.upload(source, org_code=ORG)).outcome is Outcome.OK
    assert platform.taken[-1].length > size
    platform.content_type = "application/octet-stream"
    platform.stream(b"PK\x03\x04" + bytes(1024 * 1024 - 4), 200)
    answer = await client.download("a", "big.zip", tmp_path / "got.zip")
    assert answer.file is not None
    assert answer.file.size == size
    assert _peak_kb() - before < 60 * 1024
    assert not zipfile.is_zipfile(tmp_path / "got.zip")
