"""A definition survives its stay in the database."""

from __future__ import annotations

import pytest

from mi_bridge.domain.exact_json import Number
from mi_bridge.domain.saga import Compensation, Step
from mi_bridge.domain.saga_definition import define, restore

STEPS = (
    Step(
        "a",
        "2201",
        {"data": {"x": "${input.x}", "n": Number("1.50")}},
        Compensation("2202", {"y": ["${saga.id}"]}),
    ),
    Step("b", "2203", {"*": "${input.b}"}, reason="覆盖上传"),
)


def test_a_definition_is_restored_as_it_was() -> None:
    made = define("visit", "门诊", STEPS)
    restored = restore("visit", made.text)
    assert (restored.name, restored.steps, restored.digest) == ("门诊", STEPS, made.digest)


def test_the_digest_tells_versions_apart() -> None:
    assert define("visit", "门诊", STEPS).digest != define("visit", "门诊", STEPS[:1]).digest
    assert len(define("visit", "门诊", STEPS).digest) == 64


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"name":"x","steps":[{}]}', '{"name":"x","steps":[1]}', '{"name":"x","steps":1}'],
)
def test_a_damaged_definition_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        restore("visit", text)
