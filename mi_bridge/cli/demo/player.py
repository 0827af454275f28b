"""Plays a script through the procedures HIS uses, and compares what comes back with what the script expects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mi_bridge.cli.demo.facts import Facts, find, read_answer, same
from mi_bridge.cli.demo.scenario import Scenario, Step
from mi_bridge.store.his import HisAnswer, HisClient, HisOptions, HisResult

_PATIENCE_S = 30
_LOOK_S = 0.005
_PROCEDURES = {
    "call_wait": "sp_medical_insurance_call + sp_medical_insurance_wait",
    "call_view": "sp_medical_insurance_call + v_medical_insurance_result",
    "call_v2": "sp_medical_insurance_call_v2",
}


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a step.

    Args:
        step: the step.
        answer: what the procedures told HIS.
        line: its line of the result view, None when nothing was queued.
        milliseconds: from the submit until HIS had the answer.
        differences: what is not as expected, in words.
    """

    step: Step
    answer: HisAnswer
    line: HisResult | None
    milliseconds: float
    differences: tuple[str, ...]

    @property
    def procedures(self) -> str:
        """What HIS used."""
        return _PROCEDURES[self.step.through]


@dataclass(slots=True)
class Player:
    """HIS.

    Args:
        his: its connection.
        scenario: what it does.
        patience_s: longest wait for an answer, in seconds.
    """

    his: HisClient
    scenario: Scenario
    patience_s: int = _PATIENCE_S
    _facts: Facts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        now = datetime.now().astimezone()
        own = {"now": f"{now:%Y-%m-%d %H:%M:%S}", "run": f"{now:%Y%m%d%H%M%S%f}"}
        self._facts = Facts(self.scenario.facts | own)

    def play(self) -> Iterator[Played]:
        """Play step by step; ends early when an answer lacks what later steps need.

        Raises:
            ConfigurationError: the script names a fact nobody told.
            StoreError: the database failed.
        """
        for step in self.scenario.step:
            played, whole = self._play(step)
            yield played
            if not whole:
                return

    def _play(self, step: Step) -> tuple[Played, bool]:
        text = self._facts.fill_json(step.input.strip())
        options = HisOptions(business_key=self._facts.fill(step.business_key) or None)
        began = time.perf_counter()
        answer = self._submit(step, text, options)
        milliseconds = (time.perf_counter() - began) * 1000
        line = None if answer.request_id is None else self.his.result(answer.request_id)
        content = read_answer(answer.result)
        lacking = [f"{path} is missing" for path in step.keep.values() if find(content, path) is None]
        differences = (*self._differences(step, answer, line, content), *lacking)
        for name, path in step.keep.items():
            self._facts.keep(name, find(content, path))
        return Played(step, answer, line, round(milliseconds, 1), differences), not lacking

    def _submit(self, step: Step, text: str, options: HisOptions) -> HisAnswer:
        if step.through == "call_v2":
            return self.his.call_v2(step.infno, text, options)
        queued = self.his.call(step.infno, text, options)
        if queued.request_id is None:
            return queued
        if step.through == "call_wait":
            return self.his.wait(queued.request_id, self.patience_s)
        return self._watched(queued.request_id)

    def _watched(self, request_id: int) -> HisAnswer:
        """Read the view until the request has ended, as HIS programs that poll do."""
        give_up = time.monotonic() + self.patience_s
        while True:
            line = self.his.result(request_id)
            if line is not None and line.result_status != "PROCESSING":
                return HisAnswer(request_id, 0, line.err_msg or "", line.response_data)
            if time.monotonic() > give_up:
                return HisAnswer(request_id, -1005, "尚无结果")
            time.sleep(_LOOK_S)

    def _differences(
        self, step: Step, answer: HisAnswer, line: HisResult | None, content: Any
    ) -> Iterator[str]:
        expect = step.expect
        pairs: list[tuple[str, Any, str]] = [("error_code", answer.error_code, str(expect.error_code))]
        if expect.result_status:
            pairs.append(("result_status", line.result_status if line else None, expect.result_status))
        if expect.infcode:
            pairs.append(("infcode", line.infcode if line else None, expect.infcode))
        for path, value in expect.answer.items():
            pairs.append((path, find(content, path), self._facts.fill(value)))
        for name, found, expected in pairs:
            if not same(found, expected):
                yield f"{name} is {found}, expected {expected}"
