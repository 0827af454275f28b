"""Every sample message there is beside the project, in every shipped site's dialect: it can be sent as HIS wrote it, or is refused for
a reason this site has; an answer means the same everywhere, but for the nodes a site calls by its own name.

The samples are other people's and stay outside: this file holds names of files and fields only.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import MalformedInput, RequestRefused, UnknownInterface
from mi_bridge.insurer.answer import parse_answer
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.loading import shipped_profiles
from mi_bridge.insurer.signing.port import Credentials

_SAMPLES = Path(__file__).parents[3] / "shared" / "nhsa" / "samples"
_REQUESTS = sorted(path.name for path in _SAMPLES.glob("*-request-*.json"))
_ANSWERS = sorted(path.name for path in _SAMPLES.glob("*-response-*.json"))
_ORG = "H99010100001"
_MSGID = f"{_ORG}202603020900000001"
_TEXT_INPUT = "5101-request-1.json"  # the page it is from sends an empty text
_FIELDS_INPUT = "5101-request-2.json"
# how the envelope of Zhejiang's test platform was filled; its other fields are the hospital's
_ZHEJIANGS = ("infno", "recer_sys_code", "infver", "cainfo", "signtype", "dev_no")

pytestmark = pytest.mark.skipif(
    not _SAMPLES.is_dir(), reason=f"the sample messages are not there: {_SAMPLES} is no folder"
)


@pytest.fixture(params=sorted(shipped_profiles()))
def site(request: pytest.FixtureRequest) -> Profile:
    return load_profile(request.param)


@pytest.fixture
async def client(site: Profile) -> AsyncIterator[InsurerClient]:
    async with InsurerClient(
        profile=site,
        credentials=Credentials("demo", SecretStr("demo-secret")),
        base_url="http://h",
        base_urls=dict.fromkeys(site.url.bases, "http://h"),
        org_code=_ORG,
    ) as made:
        yield made


def _code(name: str) -> str:
    return name.partition("-")[0]


def _input(name: str) -> str:
    text = (_SAMPLES / name).read_text(encoding="utf-8")
    return read_input(text, limit_bytes=10**6).slices()["input"]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return sorted(leaf for member in value.values() for leaf in _leaves(member))
    if isinstance(value, list):
        return sorted(leaf for row in value for leaf in _leaves(row))
    return [json.dumps(value, ensure_ascii=False)]


def _reason(site: Profile, name: str) -> type[RequestRefused] | None:
    """Why this site cannot send the message; None where it can."""
    code = _code(name)
    if site.url.path_of(site.wire_code(code)) is None:
        return UnknownInterface
    empty = site.interface(code).input_as == "empty"
    wrong = name == (_FIELDS_INPUT if empty else _TEXT_INPUT)
    return MalformedInput if wrong else None


async def test_every_request(site: Profile, client: InsurerClient) -> None:
    seen: Counter[str] = Counter()
    for name in _REQUESTS:
        reason = _reason(site, name)
        # what the checks make of each sample is the matter of their own tests
        call = Call(_code(name), _input(name), msgid=_MSGID, checked=False)
        if reason is not None:
            with pytest.raises(reason):
                client.prepare(call)
            seen[reason.__name__] += 1
            continue
        sent = json.loads(client.prepare(call).body)
        assert sent["infno"] == site.wire_code(_code(name)), name
        assert sent["recer_sys_code"] == site.receiver(_code(name)), name
        if _code(name) != "2601" and sent["input"] != "":
            assert _leaves(sent["input"]) == _leaves(json.loads(_input(name))), name
        seen["sent"] += 1

    assert sum(seen.values()) == len(_REQUESTS) >= 70
    assert seen["MalformedInput"] <= 1


async def test_every_answer(site: Profile, client: InsurerClient) -> None:
    national = load_profile("demo").catalogue()
    for name in _ANSWERS:
        code = "2207" if name.startswith("gateway") else _code(name)
        status = 401 if name.startswith("gateway") else 200
        body = (_SAMPLES / name).read_bytes()
        try:
            ours = client.catalogue.get(code)
        except UnknownInterface:
            continue
        here = parse_answer(body, http_status=status, transaction=ours, texts=site.texts)
        there = parse_answer(body, http_status=status, transaction=national.get(code))
        if ours.output_node != national.get(code).output_node and there.outcome is Outcome.OK:
            assert (here.outcome, here.fault) == (Outcome.SUSPICIOUS, "output_missing"), name
        else:
            assert (here.outcome, here.fault) == (there.outcome, there.fault), name


async def test_zhejiangs_own_messages_have_zhejiangs_envelope() -> None:
    with (_SAMPLES / "SOURCES.csv").open(encoding="utf-8", newline="") as lines:
        theirs = [
            row["file"]
            for row in csv.DictReader(lines)
            if "C test program" in row["source"] and "-request-" in row["file"]
        ]
    site = load_profile("zhejiang")
    credentials = Credentials(_ORG, SecretStr("x"))
    async with InsurerClient(
        profile=site, credentials=credentials, base_url="http://h", org_code=_ORG
    ) as client:
        for name in theirs:
            sample = json.loads((_SAMPLES / name).read_text(encoding="utf-8"))
            sent = json.loads(
                client.prepare(Call(_code(name), _input(name), msgid=_MSGID, checked=False)).body
            )
            assert [sent[field] for field in _ZHEJIANGS] == [sample[field] for field in _ZHEJIANGS], name
            if _code(name) != "2601":
                assert sent["input"] == sample["input"], name

    assert len(theirs) >= 15
