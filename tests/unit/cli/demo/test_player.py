from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.cli.demo import player as module
from mi_bridge.cli.demo.player import Player
from mi_bridge.cli.demo.scenario import Scenario
from mi_bridge.errors import ConfigurationError
from mi_bridge.store.his import HisAnswer, HisClient, HisOptions, HisResult

_ANSWER = '{"output": {"id": "v1", "sum": 1.50}}'
_LINE = HisResult("COMPLETED", "SUCCESS", _ANSWER, "0", None)
_PENDING = HisResult("PENDING", "PROCESSING", None, None, None)


class _His(HisClient):
    """Plays HIS's procedures from memory."""

    def __init__(self, *, lines: list[HisResult | None] | None = None, refused: bool = False) -> None:
        self.inputs: list[tuple[str, str, str | None]] = []
        self._lines = lines or [_LINE]
        self._refused = refused

    def call(self, interface_code: str, input_data: str, options: HisOptions | None = None) -> HisAnswer:
        self.inputs.append((interface_code, input_data, options.business_key if options else None))
        return HisAnswer(None, -1001, "参数错误") if self._refused else HisAnswer(1)

    def call_v2(self, interface_code: str, input_data: str, options: HisOptions | None = None) -> HisAnswer:
        queued = self.call(interface_code, input_data, options)
        return queued if self._refused else HisAnswer(1, 0, "", _ANSWER)

    def wait(self, request_id: int, timeout: int = 30) -> HisAnswer:
        return HisAnswer(request_id, 0, "", _ANSWER)

    def result(self, request_id: int) -> HisResult | None:
        return self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]


def _scenario(*steps: dict[str, Any]) -> Scenario:
    plain = {
        "name": "步",
        "infno": "2201",
        "through": "call_v2",
        "input": "{}",
        "expect": {"result_status": "SUCCESS"},
    }
    return Scenario.model_validate(
        {"title": "t", "facts": {"who": "p"}, "step": [plain | step for step in steps]}
    )


def test_inputs_are_built_from_earlier_answers() -> None:
    his = _His()
    first = {"input": '{"p": "${who}"}', "keep": {"visit": "output.id"}, "business_key": "k-${who}"}
    played = list(Player(his, _scenario(first, {"input": '{"v": "${visit}"}'})).play())
    assert [one.differences for one in played] == [(), ()]
    assert his.inputs == [("2201", '{"p": "p"}', "k-p"), ("2201", '{"v": "v1"}', None)]


@pytest.mark.parametrize("through", ["call_wait", "call_view", "call_v2"])
def test_every_way_of_asking_brings_the_same_answer(through: str) -> None:
    his = _His(lines=[None, _PENDING, _LINE] if through == "call_view" else [_LINE])
    expect = {"result_status": "SUCCESS", "infcode": "0", "answer": {"output.sum": "1.5"}}
    (played,) = Player(his, _scenario({"through": through, "expect": expect})).play()
    assert (played.answer.request_id, played.answer.result, played.differences) == (1, _ANSWER, ())
    assert "sp_medical_insurance_call" in played.procedures


@pytest.mark.parametrize("through", ["call_wait", "call_v2"])
def test_a_refusal_may_be_what_is_expected(through: str) -> None:
    steps = _scenario({"through": through, "expect": {"error_code": -1001}})
    (played,) = Player(_His(refused=True), steps).play()
    assert (played.line, played.answer.error_code, played.differences) == (None, -1001, ())


def test_differences_are_told_in_words() -> None:
    expect = {"error_code": -1005, "result_status": "TIMEOUT", "infcode": "-1", "answer": {"output.sum": "2"}}
    (played,) = Player(_His(), _scenario({"expect": expect})).play()
    assert played.differences == (
        "error_code is 0, expected -1005",
        "result_status is SUCCESS, expected TIMEOUT",
        "infcode is 0, expected -1",
        "output.sum is 1.50, expected 2",
    )


def test_without_what_later_steps_need_the_play_ends() -> None:
    played = list(Player(_His(), _scenario({"keep": {"setl_id": "output.setl_id"}}, {})).play())
    assert [one.differences for one in played] == [("output.setl_id is missing",)]


def test_a_script_that_asks_for_the_unknown_is_wrong() -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        list(Player(_His(), _scenario({"input": "${nobody}"})).play())


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0)
    (played,) = Player(_His(lines=[_PENDING]), _scenario({"through": "call_view"}), patience_s=0).play()
    assert played.answer.error_code == -1005
