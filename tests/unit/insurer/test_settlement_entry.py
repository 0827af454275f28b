from __future__ import annotations

import json
from typing import Any

import pytest

from mi_bridge.domain.settlement import SettlementAnswer
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules

PROFILE = load_profile("demo")
KINDS = load_settlement_rules().kinds
TOLD = {
    "setl_id": 990896115, "mdtrt_id": "991933093", "psn_no": "9984", "insutype": "310", "clr_type": "11", "clr_way": "1",
    "clr_optins": "131199", "setl_time": "2026-03-01 18:09:52", "medins_setl_id": "m1", "acct_pay": "4.50",
}  # fmt: skip


def read(
    code: str = "2207", *, told: Any = None, asked: Any = None, profile: Profile = PROFILE, **fields: Any
) -> dict[str, Any]:
    reader = EntryReader(profile, profile.catalogue(), KINDS, org_code="H99010100001")
    text = fields.pop("text", None) or json.dumps({"infcode": 0, "output": {"setlinfo": told}})
    answer = SettlementAnswer(1, 2, code, "", "m1", json.dumps(asked or {}), text, **fields)
    return reader.read(answer)


def test_a_settlement_is_read_digit_for_digit() -> None:
    text = '{"infcode": "0", "output": {"setlinfo": {"setl_id": "s", "medfee_sumamt": 12345678901234.10, "fund_pay_sumamt": 0.30}}}'

    entry = read(text=text)

    assert (entry["medfee_sumamt"], entry["fund_pay_sumamt"], entry["acct_pay"]) == (
        "12345678901234.10",
        "0.30",
        None,
    )
    assert (entry["kind"], entry["org_code"], entry["msgid"], entry["undoes"]) == (
        "SETTLEMENT",
        "H99010100001",
        "m1",
        "",
    )


def test_every_field_has_its_place() -> None:
    entry = read(told=TOLD)

    assert entry["setl_time"] == "2026-03-01T18:09:52"
    assert (entry["setl_id"], entry["psn_no"], entry["clr_optins"]) == ("990896115", "9984", "131199")


def test_a_refund_remembers_what_it_takes_back_and_whom() -> None:
    entry = read(
        "2208",
        told={"setl_id": "r1", "pdn_cash_pay": -1},
        asked={"data": {"setl_id": "s1", "mdtrt_id": "v", "psn_no": "p"}},
    )

    assert (entry["kind"], entry["undoes"], entry["mdtrt_id"], entry["psn_no"]) == ("REFUND", "s1", "v", "p")
    assert entry["psn_cash_pay"] == "-1"


def test_a_reversal_is_known_by_the_message_it_reverses() -> None:
    entry = read("2601", text='{"infcode": 0, "output": null}', asked=[{"data": 1}])
    assert (entry["kind"], entry["undoes"], entry["setl_id"]) == ("REVERSAL", "", "")

    assert read("2601", text="{}", asked={"data": {"omsgid": "m0"}})["undoes"] == "m0"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '{"infcode": 0, "output": []}',
        '{"infcode": -1}',
        '{"infcode": 0, "output": {"setlinfo": []}}',
    ],
)
def test_an_answer_that_says_nothing_gives_an_entry_without_amounts(text: str) -> None:
    entry = read(text=text or " ")

    assert (entry["medfee_sumamt"], entry["setl_id"], entry["setl_time"]) == (None, "", None)


@pytest.mark.parametrize("amount", ["", "abc", "NaN", "Infinity", 10**14, True, None, [], {}])
def test_what_is_no_amount_is_none(amount: Any) -> None:
    assert read(told={"medfee_sumamt": amount})["medfee_sumamt"] is None


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("20260301180952", "2026-03-01T18:09:52"),
        ("2026-03-01T18:09:52", "2026-03-01T18:09:52"),
        ("2026-03-01 18:09:52.0", "2026-03-01T18:09:52"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_in_the_forms_seen(written: Any, read_as: str | None) -> None:
    assert read(told={"setl_time": written})["setl_time"] == read_as


def test_a_transaction_that_was_switched_off_since_lacks_its_amounts() -> None:
    values = PROFILE.model_dump()
    values["interfaces"] = {"2207": {"enabled": False}}
    off = Profile.model_validate(values)

    assert read(told=TOLD, profile=off)["setl_id"] == ""
