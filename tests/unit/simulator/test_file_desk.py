"""9101 and 9102 at the simulator's counter, in every encoding."""

from __future__ import annotations

import base64
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.client import FileClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.simulator import SimulatorConfig, running_simulator
from mi_bridge.simulator.upload import carried, unwrap

ORG = "H99010100001"


def upload(window: Any, content: Any, **fields: Any) -> dict[str, Any]:
    node = {"in": content, "filename": "x.zip", "fixmedins_code": ORG} | fields
    return dict(window.ok("9101", {"fsUploadIn": node}))


@pytest.mark.parametrize(
    "content", [base64.b64encode(b"\x00\xffPK").decode(), [0, 255, 80, 75], [0, -1, 80, 75]]
)
def test_a_file_is_kept_under_a_number(window: Any, content: Any) -> None:
    output = upload(window, content)
    kept = window.simulator.platform.centre.files.find(output["file_qury_no"])
    assert kept.ready().read_bytes() == b"\x00\xffPK"
    assert (output["filename"], output["fixmedins_code"]) == ("x.zip", ORG)
    assert output["dld_endtime"] > "2026-03-02"
    assert window.simulator.platform.centre.files.all == [kept]


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"in": "", "filename": "x"}, "文件内容不能为空"),
        ({"in": "no base64!", "filename": "x"}, "文件内容不能为空"),
        ({"in": ["x"], "filename": "x"}, "文件内容不能为空"),
        ({"in": "UEs=", "filename": ""}, "filename"),
    ],
)
def test_what_is_no_upload_is_refused(window: Any, node: dict[str, Any], words: str) -> None:
    assert words in window.call("9101", {"fsUploadIn": node})["err_msg"]


def test_a_download_is_refused_in_the_platform_s_words(window: Any) -> None:
    number = upload(window, "UEs=")["file_qury_no"]
    for asked, words in (
        ({"file_qury_no": ""}, "文件查询号不能为空[fileBO_156]"),
        ({"file_qury_no": "x"}, "文件不存在"),
        ({"file_qury_no": number, "fixmedins_code": "plc"}, "文件不存在"),
    ):
        assert words in window.call("9102", {"fsDownloadIn": asked})["err_msg"]


def test_a_form_is_taken_apart() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="jsonStr"\r\n\r\n{"a":1}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n\r\n\x00\r\n\r\n--b--\r\n'
    )
    parcel = unwrap({"content-type": "multipart/form-data; boundary=b"}, body)
    assert (parcel.message, parcel.file) == (b'{"a":1}', b"\r\n\x00\r\n")
    assert unwrap({"content-type": "application/json"}, body).message == body
    assert unwrap({"content-type": "multipart/form-data"}, body).message == body
    assert unwrap({"content-type": "multipart/form-data; boundary=c"}, body).message == b""
    assert carried(7) is None


@pytest.mark.parametrize(
    ("profile", "encoding"),
    [
        *product(("demo", "hunan", "zhejiang", "hebei"), ("multipart", "byte_array", "base64")),
        ("guangzhou", "multipart"),
    ],
)
async def test_every_site_s_upload_and_download_pass_its_gateway(
    profile: str, encoding: str, tmp_path: Path
) -> None:
    source = tmp_path / "明细.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("明细.txt", "a\tb\n" * 5000)
    site = load_profile(profile)
    site = site.model_copy(update={"files": site.files.model_copy(update={"upload_encoding": encoding})})
    async with running_simulator(SimulatorConfig(profile=profile)) as running:
        credentials = Credentials("demo", SecretStr("demo-secret"))
        async with InsurerClient(
            profile=site,
            credentials=credentials,
            base_url=running.base_url,
            base_urls=dict.fromkeys(["settlement_list"] if profile == "guangzhou" else [], running.base_url),
            org_code=ORG,
        ) as client:
            files = FileClient(client)
            sent = await files.upload(source, org_code=ORG)
            assert isinstance(sent.output, dict), sent
            number = str(sent.output["file_qury_no"])
            got = await files.download(number, "明细.zip", tmp_path / "got.zip", owner=ORG)
    assert got.file is not None, got
    assert got.file.path.read_bytes() == source.read_bytes()
