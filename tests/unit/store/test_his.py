"""The texts and what is made of their rows; the contract with a real database is in end_to_end/test_cli.py."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.errors import MalformedInput, SchemaError, StoreRejected
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.his import HisAnswer, HisClient, HisConnection, HisOptions, HisResult, call_text

_CALLS = ("call", "call_v2", "wait", "cancel", "resolve", "result")


class _Scripted(HisConnection):
    """Answers with given rows, or a fault, and remembers what it was asked."""

    def __init__(self, answer: list[Any] | StoreRejected, dialect: Dialect = Dialect.SQLSERVER) -> None:
        super().__init__("Driver=none", dialect)
        self._answer = answer
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.interrupts = 0

    def ask(self, text: str, *parameters: Any, action: str) -> list[Any]:
        self.asked.append((text, parameters))
        if isinstance(self._answer, StoreRejected):
            raise self._answer
        return self._answer

    def interrupt(self) -> None:
        self.interrupts += 1


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("name", _CALLS)
def test_a_text_has_a_mark_for_each_parameter_and_no_comment(dialect: Dialect, name: str) -> None:
    marks = {"call": 12, "call_v2": 12, "wait": 2, "cancel": 1, "resolve": 5, "result": 1}
    text = call_text(dialect, name)
    assert text.count("?") == marks[name]
    assert "--" not in text


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("name", ["call", "call_v2"])
def test_the_options_are_bound_in_the_text_s_own_order(dialect: Dialect, name: str) -> None:
    text = call_text(dialect, name)
    fields = ("interface_code", "input_data", *HisOptions.__dataclass_fields__)
    bound = [line.split()[0].lstrip("@") for line in text.splitlines() if "?" in line]
    assert bound == list(fields)
    assert HisOptions(org_code="H", opter_type="1").parameters() == ("H", *(None,) * 8, "1")


def test_rows_become_answers() -> None:
    assert HisClient(_Scripted([(7,)])).call("1101", "{}") == HisAnswer(7)
    assert HisClient(_Scripted([(7, "{}", 0, None)])).call_v2("1101", "{}") == HisAnswer(7, 0, "", "{}")
    assert HisClient(_Scripted([("{}", 0, "")])).wait(7) == HisAnswer(7, 0, "", "{}")
    assert HisClient(_Scripted([(-1004, "晚了")])).cancel(7) == HisAnswer(7, -1004, "晚了")
    decided = HisClient(_Scripted([(0, None)])).resolve(7, "RETRY", operator="王", reason="再试")
    assert decided == HisAnswer(7)
    line = ("COMPLETED", "SUCCESS", "{}", "0", None)
    assert HisClient(_Scripted([line])).result(7) == HisResult(*line)
    assert HisClient(_Scripted([])).result(7) is None


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            "call.sql failed (MI001): ERROR: -1001 参数错误：input_data：不能为空;.",
            -1001,
            "参数错误：input_data：不能为空",
        ),
        (
            "call.sql failed (42000): [SQL Server]-1006 未知接口 (x) (51006) (SQLExecDirectW).",
            -1006,
            "未知接口 (x)",
        ),
    ],
)
def test_what_the_procedure_raises_becomes_a_code(words: str, code: int, message: str) -> None:
    assert HisClient(_Scripted(StoreRejected(words))).call("1101", "{}") == HisAnswer(None, code, message)


def test_other_refusals_stay_errors() -> None:
    with pytest.raises(StoreRejected, match="permission denied"):
        HisClient(_Scripted(StoreRejected("call.sql failed (42501): permission denied."))).call("1101", "{}")


@pytest.mark.parametrize("text", ['{"a": "\0"}', '{"a": "\ud800"}'])
def test_text_that_would_not_arrive_whole_is_refused_before_it_is_sent(text: str) -> None:
    connection = _Scripted([(7,)])
    with pytest.raises(MalformedInput, match="空字符"):
        HisClient(connection).call("1101", text)
    assert connection.asked == []


def test_no_row_is_a_fault() -> None:
    with pytest.raises(StoreRejected, match=r"cancel\.sql returned no row"):
        HisClient(_Scripted([])).cancel(7)


def test_a_text_that_is_not_installed_is_named() -> None:
    with pytest.raises(SchemaError, match=r"calls/nothing\.sql is missing"):
        call_text(Dialect.POSTGRESQL, "nothing")


def test_an_interrupt_is_handed_on_and_nothing_is_shown() -> None:
    connection = _Scripted([])
    client = HisClient(connection)
    client.interrupt()
    client.close()
    assert connection.interrupts == 1
    assert "canary" not in repr(HisAnswer(1, result="canary")) + repr(HisOptions(opter_name="canary"))
