"""Inquiries: one entry that matches in everything decides; none or two decide nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.inquiry import load_inquiries

CHINA = ZoneInfo("Asia/Shanghai")
SENT = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
REGISTRATION = {"data": {"psn_no": "P1", "ipt_otp_no": "O1"}}
ADMISSION = {
    "mdtrtinfo": {"psn_no": "P1", "ipt_no": "Z1", "med_type": "2101"},
    "diseinfo": [{"psn_no": "P1"}],
}
Row = dict[str, Any]


def answer(node: str, *rows: Any) -> Answer:
    return Answer(Outcome.OK, infcode="0", output={node: list(rows)})


def test_a_lost_registration_is_looked_for_around_its_send_in_the_platforms_time() -> None:
    rule = load_inquiries()["2201"]
    assert rule.inquiry == "5201"
    assert rule.input(REGISTRATION, SENT, CHINA) == {
        "data": {"psn_no": "P1", "begntime": "2026-03-01 01:30:00", "endtime": "2026-03-03 01:30:00"}
    }


def test_what_his_sent_goes_along_where_the_inquiry_takes_it() -> None:
    with_type = {"psn_no": "P1", "ipt_otp_no": "O1", "med_type": "11"}
    asked = load_inquiries()["2201"].input(with_type, SENT, CHINA)
    assert asked is not None
    assert asked["data"]["med_type"] == "11"


def test_a_lost_admission_is_recognised_by_its_own_number() -> None:
    rule = load_inquiries()["2401"]
    asked = rule.input(ADMISSION, SENT, CHINA)
    assert asked is not None
    assert asked["data"]["begntime"] < "2026-02-01", "it may be entered weeks after the patient came"
    assert rule.found(ADMISSION, answer("data", {"psn_no": "P1", "ipt_otp_no": "Z1"}))
    assert not rule.found(ADMISSION, answer("data", {"psn_no": "P1", "ipt_otp_no": "Z2"}))


@pytest.mark.parametrize(
    "lost", [{}, {"psn_no": "P1"}, {"ipt_otp_no": "O1"}, {"data": {"psn_no": "", "ipt_otp_no": "O1"}}]
)
def test_without_what_is_needed_to_recognise_it_nobody_is_asked(lost: dict[str, Any]) -> None:
    assert load_inquiries()["2201"].input(lost, SENT, CHINA) is None


MINE: Row = {"psn_no": "P1", "ipt_otp_no": "O1", "mdtrt_id": "V1"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([MINE], True),
        ([MINE, {**MINE, "ipt_otp_no": "O2"}, {**MINE, "psn_no": "P2"}], True),
        ([], False),
        ([MINE, {**MINE, "mdtrt_id": "V2"}], False),
        ([{**MINE, "ipt_otp_no": "O11"}], False),
        ([{"psn_no": "P1"}], False),
        ([None, "x", 3], False),
    ],
)
def test_exactly_one_entry_decides(rows: list[Any], found: bool) -> None:
    assert load_inquiries()["2201"].found(REGISTRATION, answer("mdtrtinfo", *rows)) is found


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ({"mdtrtinfo": MINE}, True),
        ({"mdtrtinfo": None}, False),
        ({"other": [MINE]}, False),
        ([MINE], False),
        ("text", False),
        (None, False),
    ],
)
def test_any_output_can_be_looked_at(output: Any, found: bool) -> None:
    told = Answer(Outcome.OK, infcode="0", output=output)
    assert load_inquiries()["2201"].found(REGISTRATION, told) is found


def test_a_number_in_the_answer_is_the_same_as_its_text() -> None:
    lost = {"psn_no": "12", "ipt_otp_no": "7"}
    assert load_inquiries()["2201"].found(lost, answer("mdtrtinfo", {"psn_no": 12, "ipt_otp_no": 7}))


def test_every_inquiry_asks_a_transaction_of_the_catalogue_that_changes_nothing() -> None:
    catalogue = Catalogue.load()
    for code, rule in load_inquiries().items():
        assert catalogue.get(code).money_class in ("M", "N")
        asked = catalogue.get(rule.inquiry)
        assert asked.money_class == "Q"
        assert asked.input_nodes in ((), (rule.node,))


@pytest.mark.parametrize(
    "text",
    [
        "[2201",
        '[2201]\ninquiry = "5201"',
        '[2201]\ninquiry = "5201"\nnode = "data"\ncopy = []\nanswer = "x"\nmatch = {}\nbegin = {}\nend = {}',
        '2201 = "5201"',
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "inquiries.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=r"inquiries\.toml"):
        load_inquiries(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nowhere\.toml"):
        load_inquiries(tmp_path / "nowhere.toml")
