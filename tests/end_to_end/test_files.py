"""HIS's own 9101 and 9102: the file goes by way of a folder, the database holds its name, size and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.settings import Settings
from site_settings import ORG, site_values


@pytest.fixture
def folder(hospital_database: str, platform: InsurerPlatform, stack: ExitStack, tmp_path: Path) -> Path:
    """The files' folder of a running node."""
    values = site_values(hospital_database, platform.base_url, "node-a") | {"files": {"dir": str(tmp_path)}}
    stack.enter_context(BridgeThread(Settings.model_validate(values)))
    return tmp_path


@pytest.fixture
def ask(his: HisDesk) -> Callable[..., Any]:
    """Submit a request and return its row of the result view once it has ended."""

    def make(infno: str, **node: Any) -> Any:
        return his.ended(his.submit(infno, node))

    return make


def test_a_file_of_the_folder_goes_and_comes_back(
    folder: Path, ask: Callable[..., Any], platform: InsurerPlatform
) -> None:
    write_archive(folder / "明细.zip", "明细.txt", [["1", None, ""], ["2", "药", "x"]])
    sent = (folder / "明细.zip").read_bytes()
    up = ask("9101", fsUploadIn={"filename": "明细.zip", "fixmedins_code": ORG})
    number = json.loads(up.response_data)["output"]["file_qury_no"]
    kept = platform.simulator.platform.centre.files.find(number)
    assert kept is not None
    assert kept.path.read_bytes() == sent
    down = ask(
        "9102", fsDownloadIn={"file_qury_no": number, "filename": "../明细.zip", "fixmedins_code": ORG}
    )
    told = json.loads(down.response_data)["output"]["file"]
    assert told == {
        "name": told["name"],
        "size": len(sent),
        "sha256": hashlib.sha256(sent).hexdigest(),
        "rows": 2,
    }
    assert told["name"].endswith("-_明细.zip")
    assert (folder / told["name"]).read_bytes() == sent
    assert len(down.response_data) < 1000


def test_a_file_that_is_not_there_is_refused_in_chinese(folder: Path, ask: Callable[..., Any]) -> None:
    for name in ("没有.zip", "../x.zip", ".hidden"):
        row = ask("9101", fsUploadIn={"filename": name, "fixmedins_code": ORG})
        assert row.result_status == "SYSTEM_ERROR"
        assert "中没有文件" in (row.error_message or "")


def test_his_may_carry_the_bytes_itself(
    folder: Path, ask: Callable[..., Any], platform: InsurerPlatform
) -> None:
    row = ask("9101", fsUploadIn={"in": "UEsDBA==", "filename": "x.zip", "fixmedins_code": ORG})
    number = json.loads(row.response_data)["output"]["file_qury_no"]
    kept = platform.simulator.platform.centre.files.find(number)
    assert kept is not None
    assert kept.path.read_bytes() == b"PK\x03\x04"


def test_a_refusal_instead_of_a_file_is_a_refusal(folder: Path, ask: Callable[..., Any]) -> None:
    row = ask("9102", fsDownloadIn={"file_qury_no": "x", "filename": "x.zip", "fixmedins_code": ORG})
    assert row.result_status == "BUSINESS_ERROR"
    assert "文件不存在" in row.err_msg
    assert list(folder.iterdir()) == []
