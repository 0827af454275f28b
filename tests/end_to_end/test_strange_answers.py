"""Answers no specification knows: each is recorded, HIS can read it, and the bridge works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from site_settings import site_settings


@dataclass(frozen=True)
class Strange:
    """One answer, and what HIS sees of it."""

    body: bytes
    result_status: str
    infcode: str | None = None
    contains: str = ""


_WHOLE = b'{"infcode":0,"err_msg":null,"output":{"baseinfo":{"psn_name":"%s"}}}'
_REFUSAL = b'{"infcode":-1,"err_msg":"%s","output":null}'
_STRANGE = {
    "raw NUL": Strange(_REFUSAL % b"A\x00B", "BUSINESS_ERROR", "-1", "A\ufffdB"),
    "escaped NUL": Strange(_REFUSAL % rb"A\u0000B", "BUSINESS_ERROR", "-1", r"A\u0000B"),
    "escaped half of a character": Strange(_WHOLE % rb"\ud842", "SUCCESS", "0", r"\ud842"),
    "no UTF-8 at all": Strange(_WHOLE % b"\xff\xfe\xfd", "SUCCESS", "0"),
    "rare characters": Strange(_WHOLE % "𠮷👍".encode(), "SUCCESS", "0", "𠮷👍"),
    "a byte order mark": Strange(b"\xef\xbb\xbf" + _WHOLE % b"x", "SUCCESS", "0"),
    "an error text of 200,000 characters": Strange(
        _REFUSAL % ("错" * 200_000).encode(), "BUSINESS_ERROR", "-1", "错" * 200_000
    ),
    "five megabytes": Strange(_WHOLE % (b"x" * 5_000_000), "SUCCESS", "0"),
    "a receiver's number of 500 digits": Strange(
        b'{"infcode":0,"inf_refmsgid":"%s","output":{"baseinfo":{"a":1}}}' % (b"9" * 500), "SUCCESS", "0"
    ),
    "a code of 50 digits": Strange(
        b'{"infcode":"%s","err_msg":"no","output":null}' % (b"9" * 50), "SYSTEM_ERROR"
    ),
    "numbers beyond every range": Strange(
        b'{"infcode":0,"output":{"baseinfo":{"a":1e999999,"b":%s}}}' % (b"7" * 400), "SUCCESS", "0"
    ),
    "a thousand levels": Strange(b'{"a":' * 1000 + b"1" + b"}" * 1000, "SYSTEM_ERROR"),
    "SQL": Strange(
        _REFUSAL % b"'; DROP TABLE medical_insurance_requests; --", "BUSINESS_ERROR", "-1", "DROP"
    ),
}


@dataclass
class Scene:
    """A hospital, its bridge, and a platform that answers with these."""

    his: HisDesk
    platform: InsurerPlatform
    files: dict[str, str]


@pytest.fixture(scope="module")
def scene(
    new_database: Callable[..., str], hospital_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """One for all answers."""
    folder: Path = tmp_path_factory.mktemp("answers")
    files = {name: f"1101-response-{number}.json" for number, name in enumerate(_STRANGE)}
    for name, file in files.items():
        (folder / file).write_bytes(_STRANGE[name].body)
    with ExitStack() as stack:
        database = new_database(hospital_template)
        platform = stack.enter_context(InsurerPlatform(mode="replay", replay_folder=folder))
        his = stack.enter_context(HisDesk(database))
        stack.enter_context(BridgeThread(site_settings(database, platform.base_url, "node-a")))
        yield Scene(his, platform, files)


@pytest.mark.parametrize("name", _STRANGE)
def test_a_strange_answer(name: str, scene: Scene) -> None:
    strange = _STRANGE[name]
    scene.platform.replay("1101", scene.files[name])

    request = scene.his.submit("1101", visits.person(visits.citizen(1)), retry_count=0)
    line = scene.his.ended(request)

    assert (line.result_status, line.infcode) == (strange.result_status, strange.infcode)
    assert strange.contains in str(line.response_data)
    assert scene.his.wait(request, 0).result == line.response_data
    assert len(scene.platform.messages()) == request, "one message each"
