import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.logging import rendering

anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.decimals()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
surrogates = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=5)


@given(st.dictionaries(surrogates, st.one_of(anything, surrogates), max_size=4))
def test_whatever_is_logged_becomes_one_line_of_json(fields: dict[str, Any]) -> None:
    line = rendering.run(rendering.chain("json", "n"), "info", {"event": "e", **fields})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert isinstance(json.loads(line), dict)


@given(st.dictionaries(surrogates, st.one_of(anything, surrogates), max_size=4))
def test_whatever_is_logged_becomes_text_for_eyes(fields: dict[str, Any]) -> None:
    assert rendering.run(rendering.chain("console", "n"), "info", {"event": "e", **fields}).endswith(b"\n")


def test_a_line_begins_with_time_level_node_and_event() -> None:
    line = rendering.run(rendering.chain("json", "node-1"), "warn", {"a": 1, "event": "happened"})
    event = json.loads(line)
    assert list(event) == ["timestamp", "level", "node", "event", "a"]
    assert (event["level"], event["node"]) == ("warning", "node-1")
    assert datetime.fromisoformat(event["timestamp"]).utcoffset() is not None


@pytest.mark.parametrize("layout", ["json", "console"])
def test_exceptions_are_told_without_locals_or_secrets(layout: str) -> None:
    def broken(psn_name: str) -> None:
        local = psn_name + "-local"
        raise ValueError(f"no such person: psn_no={psn_name}, {len(local)}")

    name = "canary"  # not on the line that calls: a traceback shows source lines
    try:
        broken(name)
    except ValueError as fault:
        line = rendering.run(rendering.chain(layout, "n"), "error", {"event": "failed", "exc_info": fault})
    assert b"ValueError" in line
    assert b"no such person" in line
    assert b"broken" in line
    assert b"canary" not in line


def test_a_lone_surrogate_is_escaped() -> None:
    assert b'"\\ud800"' in rendering.run(rendering.chain("json", "n"), "info", {"event": "\ud800"})
    assert b"\\ud800" in rendering.run(rendering.chain("console", "n"), "info", {"event": "\ud800"})
