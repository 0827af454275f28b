"""Every sample request beside the project, looked at as a site that refuses would: what passes, what is refused, and for which reason.

The samples are other people's and stay outside: ``samples.toml`` holds their names, the places and the kinds of faults only.
Reviewed one by one. Most refusals are dates whose digits were replaced when the samples were made anonymous (month 15), the numbers
lengthened by it (2161), and messages of another edition or a HIS that left out what this one requires (3201, 3505, 7104). Live
messages of settled business (2204, 2205, 2208, 2302, 2305, 2402, 2404, 2601, 5203, 9001, 9002, 9102) pass.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.envelope import Envelope
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.profile.checks import Checks

_SAMPLES = Path(__file__).parents[5] / "shared" / "nhsa" / "samples"
_PROFILE = load_profile("demo")
_CATALOGUE = _PROFILE.catalogue()
_NAMES = sorted(path.stem for path in _SAMPLES.glob("*-request-*.json"))
_TABLE = tomllib.loads(Path(__file__).with_name("samples.toml").read_text(encoding="utf-8"))
_KINDS = {
    r"必填，缺失.*": "missing",
    r"必填，为空.*": "empty",
    r"有 \d+ 个字符，.*": "too long",
    r"日期不存在.*": "no such date",
    r"格式应为.*": "form",
    r"值.*不在字典.*": "not in code table",
    r"【.*（规则 (.*)）": r"rule \1",
}


def kinds(text: str) -> list[str]:
    """Return the places and kinds of faults in a text HIS reads."""
    found = []
    for path, fault in re.findall(r"(input[^：；]*)：([^；。]*)", text):
        word = next(
            (
                re.sub(pattern, word, fault)
                for pattern, word in _KINDS.items()
                if re.fullmatch(pattern, fault)
            ),
            fault,
        )
        found.append(f"{path}: {word}")
    return found


def verdict(name: str) -> dict[str, list[str]]:
    """Return what a sample's message is refused for and warned of."""
    text = (_SAMPLES / f"{name}.json").read_text(encoding="utf-8")
    source = read_input(text, limit_bytes=10**6).slices()["input"]
    transaction = _CATALOGUE.get(name.partition("-")[0])
    refused, warned = "", ""
    try:
        fitted = Envelope(_PROFILE, org_names={}).fit(Call(transaction.infno, source), transaction)
        findings = Examiner(Checks(mode="refuse")).examine(transaction, fitted.parts())
        warned = findings.warning() if findings else ""
    except MalformedInput as fault:
        refused, _, warned = fault.message.partition("另有提醒")
    told = {"refused": kinds(refused) or (["no object"] if refused else []), "warned": kinds(warned)}
    return {word: places for word, places in told.items() if places}


@pytest.mark.skipif(
    not _SAMPLES.is_dir(), reason=f"the sample messages are not there: {_SAMPLES} is no folder"
)
@pytest.mark.parametrize("name", _NAMES)
def test_what_a_sample_is_told(name: str) -> None:
    assert verdict(name) == _TABLE.get(name, {})


@pytest.mark.skipif(
    not _SAMPLES.is_dir(), reason=f"the sample messages are not there: {_SAMPLES} is no folder"
)
def test_no_sample_is_left_out() -> None:
    assert _TABLE.keys() <= set(_NAMES)
    assert len(_NAMES) > 60
