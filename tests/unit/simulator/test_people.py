"""People: named and invented, always the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import ConfigurationError
from mi_bridge.resources import folder
from mi_bridge.simulator.people import People

_TODAY = date(2026, 3, 2)
_FOLDER = folder("config") / "simulator"
_PEOPLE = People.load(_FOLDER, 1, _TODAY)


def _fresh(seed: int = 1) -> People:
    return People.load(_FOLDER, seed, _TODAY)


@given(
    born=st.dates(date(1910, 1, 1), _TODAY), rest=st.integers(0, 999), check=st.sampled_from("0123456789X")
)
def test_every_number_of_the_region_is_one_consistent_person(born: date, rest: int, check: str) -> None:
    number = f"990101{born:%Y%m%d}{rest:03d}{check}"
    person = _PEOPLE.by_psn_no(number) or _PEOPLE.by_voucher(number)

    assert person is not None
    assert person == (_PEOPLE.by_voucher(number) if person.invented else person)
    assert person.brdy == born.isoformat()
    assert person.gend == ("1" if int(number[16]) % 2 else "2")
    assert person.insured(person.insurance[0].insutype) is person.insurance[0]
    assert person.insurance[0].balc >= 0


def test_the_same_seed_invents_the_same_person_and_another_seed_another() -> None:
    numbers = [f"9901011980010165{tail:02d}" for tail in range(20)]

    assert [_fresh().by_psn_no(one) for one in numbers] == [_fresh().by_voucher(one) for one in numbers]
    assert [_fresh(1).by_psn_no(one) for one in numbers] != [_fresh(2).by_psn_no(one) for one in numbers]


@pytest.mark.parametrize(
    "number",
    [
        "",
        "1",
        "110101198001016571",
        "990101198013016571",
        "990101202712316571",
        "990101000101016571",
        "99010119800101657",
    ],
)
def test_other_numbers_are_nobody(number: str) -> None:
    assert _PEOPLE.by_psn_no(number) is None
    assert _PEOPLE.by_voucher(number) is None


def test_a_named_persons_certificate_is_not_invented_a_second_time() -> None:
    people = _fresh()

    assert people.by_psn_no("990101198503124513") is None
    named = people.by_voucher("990101198503124513")
    assert named is not None
    assert (named.psn_no, named.invented) == ("99010100000000000011", False)


def test_children_and_workers_are_insured_differently() -> None:
    child, worker, retired = (_PEOPLE.by_psn_no(f"990101{year}01010017") for year in (2022, 1990, 1950))

    assert child
    assert worker
    assert retired
    types = [(one.insurance[0].insutype, one.insurance[0].psn_type) for one in (child, worker, retired)]
    assert types == [("390", "1402"), ("310", "11"), ("310", "12")]


def test_every_named_person_has_a_right_check_digit() -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

    for person in _PEOPLE.file.person:
        total = sum(int(digit) * weight for digit, weight in zip(person.certno[:17], weights, strict=True))
        assert person.certno[17] == "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("text", "fault"), [("[", "Invalid"), ("x = 1", "unknown field"), (None, "cannot be read")]
)
def test_a_data_file_that_cannot_be_used_is_named(tmp_path: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (tmp_path / "people.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"people\.toml") as error:
        People.load(tmp_path, 1, _TODAY)

    assert fault in str(error.value)
