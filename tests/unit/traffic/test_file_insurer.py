"""HIS's own files by way of a folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from file_platform import FilePlatform, file_platform
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import FileFault, MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.traffic import file_insurer
from mi_bridge.traffic.file_insurer import DownloadCall, FileInsurer, UploadCall

ORG = "H99990100002"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[FileInsurer, FilePlatform]]:
    with file_platform() as platform:
        async with InsurerClient(
            profile=load_profile("demo"),
            credentials=Credentials("a", SecretStr("b")),
            base_url=platform.url,
            org_code=ORG,
        ) as client:
            yield FileInsurer(client, tmp_path / "files"), platform


def up(**node: Any) -> Call:
    return Call("9101", json.dumps({"fsUploadIn": {"fixmedins_code": ORG} | node}))


def down(name: str = "x.zip") -> Call:
    return Call("9102", {"fsDownloadIn": {"file_qury_no": "n", "filename": name, "fixmedins_code": ORG}})


async def test_other_messages_pass_as_they_are(desk: tuple[FileInsurer, FilePlatform]) -> None:
    insurer, platform = desk
    platform.answer(b'{"infcode":0,"output":{"signinoutb":{"sign_no":"1"}}}', "application/json")
    call = Call("9001", {"signIn": {"opter_no": "1", "mac": "1", "ip": "1"}})
    prepared = insurer.prepare(call)
    assert type(prepared).__name__ == "PreparedCall"
    assert (await insurer.send(prepared, timeout_s=5)).outcome is Outcome.OK
    assert insurer.divide(call) == ()
    assert not insurer.blocking


@pytest.mark.parametrize(
    "call",
    [
        up(filename="x.zip", **{"in": "UEs="}),
        up(filename="x.zip", **{"in": [80, 75]}),
        Call("9101", json.dumps({"fsUploadIn": {"filename": "x", "in": "U" * 100_000}})),
        up(filename=""),
    ],
)
async def test_an_upload_that_names_no_file_carries_what_it_has(
    desk: tuple[FileInsurer, FilePlatform], call: Call
) -> None:
    assert not isinstance(desk[0].prepare(call), UploadCall)


async def test_a_file_that_cannot_be_read_is_refused(
    desk: tuple[FileInsurer, FilePlatform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "x.zip").write_bytes(b"PK")

    def unreadable(*_: object) -> None:
        raise FileFault("x.zip", "cannot be read (denied)")

    assert isinstance(desk[0].prepare(up(filename="x.zip")), UploadCall)
    monkeypatch.setattr("mi_bridge.insurer.files.client.upload_body", unreadable)
    with pytest.raises(MalformedInput, match=r"文件 x\.zip 不能读取"):
        desk[0].prepare(up(filename="x.zip"))


async def test_rows_are_told_where_counting_them_is_cheap(
    desk: tuple[FileInsurer, FilePlatform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    insurer, platform = desk
    write_archive(tmp_path / "a.zip", "a.txt", [["1"], ["2"], ["3"]])
    rows: list[Any] = []
    for content, limit in (
        ((tmp_path / "a.zip").read_bytes(), 10_000),
        (b"%PDF-1.7", 10_000),
        (b"PK\x03\x04", 3),
    ):
        monkeypatch.setattr(file_insurer, "_COUNTED_BYTES", limit)
        platform.answer(content, "application/octet-stream")
        answer = await insurer.send(insurer.prepare(down()))
        assert isinstance(answer.output, dict)
        assert (answer.infcode, json.loads(answer.text)["output"]) == ("0", answer.output)
        rows.append(answer.output["file"]["rows"])
    assert rows == [3, None, None]


async def test_two_downloads_of_one_name_do_not_meet(desk: tuple[FileInsurer, FilePlatform]) -> None:
    first, second = desk[0].prepare(down("../a")), desk[0].prepare(down("../a"))
    assert isinstance(first, DownloadCall)
    assert isinstance(second, DownloadCall)
    assert first.target != second.target
    assert first.target.name == f"{first.msgid}-_a"


async def test_a_folder_that_cannot_be_written_to_is_told(
    desk: tuple[FileInsurer, FilePlatform], tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("no folder")
    answer = await desk[0].send(desk[0].prepare(down()))
    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, "files_folder")
    assert "不能写入文件夹" in answer.err_msg
