"""The platform as a daily job sees it."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from file_platform import FilePlatform, file_platform
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import JobFailed, MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.traffic.job_insurer import JobInsurer, require_ok

ORG = "H99990100002"
FIRST = 1_769_875_200 * 10_000


@pytest.fixture
async def asked() -> AsyncIterator[tuple[JobInsurer, FilePlatform]]:
    numbers = itertools.count(FIRST)

    async def take() -> int:
        return next(numbers)

    with file_platform() as platform:
        async with InsurerClient(
            profile=load_profile("demo"),
            credentials=Credentials("a", SecretStr("b")),
            base_url=platform.url,
            org_code=ORG,
        ) as client:
            yield JobInsurer(client, take, org_code=ORG, first_wait_s=0.001), platform


def msgids(platform: FilePlatform) -> list[str]:
    return [json.loads(taken.body)["msgid"] for taken in platform.taken]


async def test_a_question_is_asked_again_under_a_new_number(asked: tuple[JobInsurer, FilePlatform]) -> None:
    insurer, platform = asked
    platform.answer(b"", "application/json", status=502)
    answer = await insurer.ask("1301", {"data": {"ver": "v0000"}})
    assert answer.outcome is Outcome.UNKNOWN
    assert len(set(msgids(platform))) == 4
    assert msgids(platform)[0].startswith(ORG)


async def test_a_refusal_is_an_answer(asked: tuple[JobInsurer, FilePlatform]) -> None:
    insurer, platform = asked
    platform.answer('{"infcode":-1,"err_msg":"不行"}'.encode(), "application/json")
    answer = await insurer.ask("1301", {"data": {"ver": "v0000"}}, org_code="P99990100009")
    assert len(platform.taken) == 1
    assert msgids(platform)[0].startswith("P99990100009")
    with pytest.raises(JobFailed, match=r"查询未成功（REFUSED）：不行"):
        require_ok(answer, "查询")
    assert require_ok(Answer(Outcome.OK), "查询").outcome is Outcome.OK
    with pytest.raises(JobFailed, match="answer_empty"):
        require_ok(Answer(Outcome.UNKNOWN, fault="answer_empty"), "查询")


async def test_what_acts_is_not_for_jobs(asked: tuple[JobInsurer, FilePlatform]) -> None:
    insurer, platform = asked
    with pytest.raises(MalformedInput, match="2207"):
        await insurer.ask("2207", {"data": {}})
    assert platform.taken == []


async def test_files_go_and_come(asked: tuple[JobInsurer, FilePlatform], tmp_path: Path) -> None:
    insurer, platform = asked
    platform.answer(b'{"infcode":0,"output":{"file_qury_no":"n"}}', "application/json")
    (tmp_path / "x.zip").write_bytes(b"PK")
    assert (await insurer.upload(tmp_path / "x.zip", filename="y.zip")).output == {"file_qury_no": "n"}
    platform.answer(b"PK\x03\x04", "application/zip")
    got = await insurer.download("n", "y.zip", tmp_path / "z.zip", owner=ORG)
    assert got.file is not None
    assert got.file.size == 4
