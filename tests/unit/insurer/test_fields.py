from __future__ import annotations

import pytest

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.fields import FIELDS, check_field


def test_the_fields_stand_in_the_specifications_order() -> None:
    assert [field.name for field in FIELDS] == [
        "infno",
        "msgid",
        "mdtrtarea_admvs",
        "insuplc_admdvs",
        "recer_sys_code",
        "dev_no",
        "dev_safe_info",
        "cainfo",
        "signtype",
        "infver",
        "opter_type",
        "opter",
        "opter_name",
        "inf_time",
        "fixmedins_code",
        "fixmedins_name",
        "sign_no",
        "input",
    ]


@pytest.mark.parametrize(
    ("name", "length"), [("opter", 30), ("opter_name", 50), ("fixmedins_name", 200), ("sign_no", 30)]
)
def test_a_field_may_be_as_long_as_the_table_says(name: str, length: int) -> None:
    assert check_field(name, "医" * length) == "医" * length

    with pytest.raises(MalformedInput, match=rf"{name}.*有 {length + 1} 个字符，最多 {length} 个"):
        check_field(name, "医" * (length + 1))


def test_a_required_field_may_not_be_empty() -> None:
    with pytest.raises(MalformedInput, match="opter（经办人）为空"):
        check_field("opter", "")


def test_an_optional_field_may_be_empty() -> None:
    assert check_field("sign_no", "") == ""


def test_nul_is_refused_without_repeating_the_value() -> None:
    with pytest.raises(MalformedInput, match=r"opter_name.*NUL") as refused:
        check_field("opter_name", "CANARY\x00")

    assert "CANARY" not in str(refused.value)
