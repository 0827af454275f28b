"""Numbers stay as they were written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mi_bridge.domain.exact_json import MAX_DEPTH, Number, read, write


@pytest.mark.parametrize("text", ["2.00", "1e5", "-0", "12345678901234567890", "0.00000000"])
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    assert write(read(f'{{"a":[{text}]}}')) == f'{{"a":[{text}]}}'


def test_other_values_keep_their_meaning() -> None:
    source = '{"文字":"引号\\" \\\\","b":true,"c":null,"d":[],"e":{}}'
    assert read(write(read(source))) == read(source)
    assert write({"n": Decimal("0.00000000"), "t": ("x", 1)}) == '{"n":0.00000000,"t":["x",1]}'


def test_a_number_is_no_text() -> None:
    assert write("2.00") == '"2.00"'
    assert isinstance(read("2.00"), Number)


def test_raw_line_breaks_of_platforms_are_let_pass() -> None:
    assert read('{"err_msg":"a\nb"}') == {"err_msg": "a\nb"}


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(text)


@pytest.mark.parametrize("pair", [('{"a":', "}"), ("[", "]")])
def test_what_is_read_can_be_written(pair: tuple[str, str]) -> None:
    # found by fuzzing: what the reader took in 900 levels, the writer gave up at 400
    def nested(depth: int) -> str:
        return pair[0] * depth + "1" + pair[1] * depth

    assert write(read(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 400, 900, 5000):
        with pytest.raises(ValueError, match="nested too deep"):
            read(nested(depth))
    wide = f"[{','.join([nested(3)] * 200)}]"
    assert write(read(wide)) == wide


def test_what_json_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError):
        write({"a": object()})
    for number in ("NaN", "-Infinity"):
        with pytest.raises(ValueError, match="no JSON number"):
            write({"a": Decimal(number)})


@pytest.mark.parametrize("number", ["1E+9999999", "-2.5E-9999999"])
def test_a_number_nobody_means_stays_short(number: str) -> None:
    assert write(Decimal(number)) == number
