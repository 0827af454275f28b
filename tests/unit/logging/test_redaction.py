import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mi_bridge.logging import redact, redact_text
from mi_bridge.logging.redaction import MASK, SENSITIVE, redact_mapping

ID_NUMBER = "99010119800101657X"
CANARY = "canary张三7788"

names = st.sampled_from(sorted(SENSITIVE)).flatmap(
    lambda name: st.sampled_from([name, name.upper(), name.title(), name.replace("_", "-"), f"_{name}"])
)
wrappers = st.recursive(
    st.builds(lambda name: {name: CANARY}, names),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2),
        st.tuples(inner),
        st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=2),
        st.builds(lambda name, value: {name: value}, names, inner),
    ),
    max_leaves=4,
)


@given(wrappers)
def test_no_value_under_a_sensitive_name_survives(value: Any) -> None:
    assert CANARY not in json.dumps(redact(value), ensure_ascii=False)


@given(st.text(), st.text(), st.sampled_from([ID_NUMBER, "990101198001016571", "99010119800101657x"]))
def test_no_identity_number_survives_in_any_text(before: str, after: str, number: str) -> None:
    text = f"{before}（{number}）{after}"
    assert number not in redact_text(text)


@given(st.text(alphabet="ab 张:=\"'{[,;&\n", max_size=30), names, st.sampled_from(["=", ": ", " => ", " = "]))
def test_no_named_secret_survives_in_any_text(before: str, name: str, sign: str) -> None:
    assert CANARY not in redact_text(f"{before} {name}{sign}{CANARY}; server=h")


@given(names, st.text(max_size=20), st.integers(min_value=1, max_value=3), st.booleans())
def test_no_named_secret_survives_in_json_however_often_quoted(
    name: str, text: str, times: int, ascii_: bool
) -> None:
    quoted: Any = {"infno": "1101", name: text + CANARY, "psn_type": "11"}
    for _ in range(times):
        quoted = json.dumps(quoted, ensure_ascii=ascii_)
    shown = redact_text(quoted)
    assert CANARY not in shown
    assert "7788" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DRIVER=x;UID=u;PWD={a;b}};SERVER=h", f"DRIVER=x;UID=u;PWD={MASK}"),
        ("Pwd=abc;Server=h", f"Pwd={MASK};Server=h"),
        ("userpassword=abc&x=1", f"userpassword={MASK}&x=1"),
        ("{'psn_name': '张\\'三', 'sex': 1}", f"{{'psn_name': {MASK}, 'sex': 1}}"),
        ("Authorization: Bearer abc def\nHost: h", f"Authorization: {MASK}\nHost: h"),
        ("a busy hotel: full", "a busy hotel: full"),
        ("took 12:30, ratio=1.5", "took 12:30, ratio=1.5"),
        ("身份证990101198001016571。", f"身份证{MASK}。"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert redact_text(text) == shown


def test_a_message_id_is_not_an_identity_number() -> None:
    msgid = "H99010100001202501011230450001"
    assert redact({"msgid": msgid, "request_id": 9_007_199_254_740_993}) == {
        "msgid": msgid,
        "request_id": 9_007_199_254_740_993,
    }


def test_an_identity_number_as_a_number_or_a_name_is_masked() -> None:
    assert redact(990101198001016571) == MASK
    assert redact_mapping({ID_NUMBER: 1, 990101198001016571: 2}) == {MASK: 2}


def test_long_texts_are_cut_without_halving_a_number() -> None:
    shown = redact_text("x" * 7_990 + ID_NUMBER + "y" * 100)
    assert shown.endswith("(8108 characters)")
    assert "990101" not in shown


def test_nothing_is_masked_where_nothing_stands() -> None:
    assert redact_mapping({"password": None, "db_password": "x", "ratio": 0.5, "ok": True}) == {
        "password": None,
        "db_password": MASK,
        "ratio": 0.5,
        "ok": True,
    }


class Word(StrEnum):
    GOOD = "good"


@dataclass
class Person:
    name: str = field(default=CANARY)


class Text(str):
    __slots__ = ()


def test_objects_are_shown_when_harmless_and_named_when_unknown() -> None:
    moment = datetime(2025, 1, 2, tzinfo=UTC)
    shown = redact(
        [Decimal("1.10"), moment, Word.GOOD, Path("/a"), Text(ID_NUMBER), ValueError(f"pwd={CANARY}")]
    )
    assert shown == ["1.10", "2025-01-02 00:00:00+00:00", "good", "/a", MASK, f"ValueError: pwd={MASK}"]
    assert redact((Person(), SecretStr(CANARY), CANARY.encode())) == ["<Person>", "<SecretStr>", "<bytes>"]


def test_deep_nesting_ends() -> None:
    nested: Mapping[str, Any] = {"leaf": 1}
    for _ in range(50):
        nested = {"a": nested}
    assert "<dict>" in json.dumps(redact(nested))
