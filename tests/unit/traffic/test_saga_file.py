"""A definition's faults are found when it is loaded, and told with file, step and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.domain.exact_json import write
from mi_bridge.errors import ConfigurationError, SagaError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.traffic.saga_file import read_saga

CATALOGUE = load_profile("demo").catalogue()
GOOD = """
name = "门诊"
[[step]]
code = "reg"
infno = "2201"
input = { data = { psn_no = "${input.psn_no}", sum = 1.50 } }
compensation = { infno = "2202", input = { mdtrt_id = "${steps.reg.output.data.mdtrt_id}" } }
[[step]]
code = "note"
infno = "2203"
input = { rows = { for_each = "${input.rows}", item = "${item.x}" }, id = "${steps.reg.output.data.mdtrt_id}" }
compensation = "none"
reason = "覆盖上传"
[[step]]
code = "try"
infno = "2206"
input = { id = "${steps.reg.inf_refmsgid}", no = "${saga.id}" }
"""


def read(tmp_path: Path, text: str, name: str = "visit.toml") -> SagaError:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with pytest.raises(SagaError) as fault:
        read_saga(file, CATALOGUE)
    assert isinstance(fault.value, ConfigurationError)
    assert str(file) in fault.value.key
    return fault.value


def test_a_good_definition_is_read(tmp_path: Path) -> None:
    file = tmp_path / "visit.toml"
    file.write_text(GOOD, "utf-8")
    saga = read_saga(file, CATALOGUE)
    assert (saga.code, saga.name, [step.code for step in saga.steps]) == (
        "visit",
        "门诊",
        ["reg", "note", "try"],
    )
    assert write(saga.steps[0].input) == '{"data":{"psn_no":"${input.psn_no}","sum":1.50}}'
    assert [bool(step.compensation) for step in saga.steps] == [True, False, False]


@pytest.mark.parametrize("name", ["outpatient", "inpatient"])
@pytest.mark.parametrize("site", ["demo", "hunan"])
def test_the_shipped_definitions_can_run_everywhere(name: str, site: str) -> None:
    saga = read_saga(folder("config") / "sagas" / f"{name}.toml", load_profile(site).catalogue())
    codes = {
        "outpatient": ["2201", "2203", "2204", "2206", "2207"],
        "inpatient": ["2401", "2301", "2402", "2303", "2304"],
    }
    assert [step.infno for step in saga.steps] == codes[name]
    undoing = {"outpatient": ["2202", "2205", "2208"], "inpatient": ["2404", "2302", "2405", "2305"]}
    assert [step.compensation.infno for step in saga.steps if step.compensation] == undoing[name]


@pytest.mark.parametrize(
    ("old", "new", "place", "fault"),
    [
        ('infno = "2206"', 'infno = "9x99"', "step try, infno", "'9x99' cannot be called here"),
        ('infno = "2206"', 'infno = "6302"', "step try, infno", "cannot be called here"),
        ('infno = "2202"', 'infno = "0000"', "step reg, compensation.infno", "'0000' cannot be called here"),
        ('compensation = { infno = "2202", input = { mdtrt_id = "${steps.reg.output.data.mdtrt_id}" } }', "",
         "step reg, compensation", "is missing: 2201 is of class M, undone by 2202"),
        ('compensation = { infno = "2202", input = { mdtrt_id = "${steps.reg.output.data.mdtrt_id}" } }',
         'compensation = "none"\nreason = "x"', "step reg, compensation", "class M"),
        ('reason = "覆盖上传"', "", "step note, compensation", "without a reason"),
        ('reason = "覆盖上传"', "reason = 1", "step note, reason", "must be a text"),
        ('infno = "2203"', 'infno = "2208"\nx = 1', "step note, x", "is no key of a step"),
        ('infno = "2203"', 'infno = "2202"', "step note, compensation", "can only be the last step"),
        ('${steps.reg.output.data.mdtrt_id}" }\ncompensation = "none"', '${steps.try.output.x}" }\ncompensation = "none"',
         "step note, input.id", "step try comes later"),
        ("${input.psn_no}", "${steps.reg.output.x}", "step reg, input.data.psn_no", "steps reg and reg need each other, a cycle"),
        ("${saga.id}", "${steps.gone.output.x}", "step try, input.no", "there is no step gone"),
        ("${saga.id}", "${steps.reg.answer.x}", "step try, input.no", "write steps.<step>.output"),
        ("${saga.id}", "${steps.reg}", "step try, input.no", "write steps.<step>.output"),
        ("${saga.id}", "${saga.time}", "step try, input.no", "a saga offers id and code"),
        ("${saga.id}", "${item.x}", "step try, input.no", "item is known inside of a for_each only"),
        ("${saga.id}", "${input.a", "step try, input.no", "cannot be read"),
        ("${saga.id}", "${out.a}", "step try, input.no", "cannot be read"),
        ('item = "${item.x}"', 'item = "${item.x}", more = 1', "step note, input.rows", "for_each"),
        ('no = "${saga.id}"', "no = 2026-10-01", "step try, input.no", "is a TOML date"),
        ('no = "${saga.id}"', "no = [[07:00:00]]", "step try, input.no.0.0", "is a TOML date"),
        ('code = "try"', 'code = "reg"', "step reg, code", "is used by an earlier step"),
        ('code = "try"', 'code = "步骤"', "step 3, code", "must be a letter"),
        ('code = "try"', "", "step 3, code", "must be a letter"),
        ('infno = "2206"', "infno = 2206", "step try, infno", "in quotes"),
        ('input = { id = "${steps.reg.inf_refmsgid}", no = "${saga.id}" }', "", "step try, input", "must be a table"),
        ('compensation = "none"', 'compensation = "nothing"', "step note, compensation", "must be a table of infno and input"),
        ('compensation = "none"', 'compensation = { infno = "2202" }', "step note, compensation", "must be a table"),
        ('compensation = "none"', "compensation = { infno = 1, input = {} }", "step note, compensation.infno", "in quotes"),
        ('name = "门诊"', "", "name", "must be the business's name"),
        ('name = "门诊"', 'name = "门诊"\nversion = 1', "version", "is no key of a saga"),
        ('name = "门诊"', 'name = "门诊', "", "is no TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str, fault: str) -> None:
    assert old in GOOD
    refused = read(tmp_path, GOOD.replace(old, new, 1))
    assert refused.key.endswith(place)
    assert fault in refused.fault
    assert "README" in refused.remedy


def test_two_steps_that_need_each_other_are_a_cycle(tmp_path: Path) -> None:
    text = GOOD.replace("${input.psn_no}", "${steps.note.output.x}", 1)
    refused = read(tmp_path, text)
    assert refused.key.endswith("step reg, input.data.psn_no")
    assert refused.fault == "'steps.note.output.x': steps reg and note need each other, a cycle"


@pytest.mark.parametrize("steps", ["", "step = []", "step = 1", "step = [1]"])
def test_a_saga_has_steps(tmp_path: Path, steps: str) -> None:
    assert "step" in read(tmp_path, f'name = "x"\n{steps}').key


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SagaError, match="cannot be read"):
        read_saga(tmp_path / "gone.toml", CATALOGUE)


def test_a_file_name_that_is_no_code_is_told(tmp_path: Path) -> None:
    assert "no usable name" in read(tmp_path, GOOD, "门诊.toml").fault


def test_text_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "visit.toml"
    file.write_bytes(GOOD.encode("gbk"))
    with pytest.raises(SagaError, match="no TOML in UTF-8"):
        read_saga(file, CATALOGUE)
