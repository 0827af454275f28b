from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.cli.demo.scenario import load_scenario
from mi_bridge.errors import ConfigurationError


def test_the_shipped_visit_has_every_transaction_in_its_order() -> None:
    scenario = load_scenario()
    wanted = ["9001", "1101", "2201", "2203", "2204", "2206", "2207", "5203", "2208"]
    good = [step.infno for step in scenario.step if step.expect.result_status == "SUCCESS"]
    assert good == wanted
    assert [step.expect.infcode for step in scenario.step].count("-1") == 1
    assert [step.expect.error_code for step in scenario.step].count(-1001) == 1
    assert {step.through for step in scenario.step} == {"call_wait", "call_view", "call_v2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = 1", "title"),
        ("not toml", "cannot be read"),
        ('title = "t"\nfacts = {}\nstep = []\n', "step"),
    ],
)
def test_a_wrong_script_is_told(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "script.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        load_scenario(file)


def test_a_missing_script_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_scenario(tmp_path / "absent.toml")
