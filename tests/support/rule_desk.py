"""A message looked at by one rule."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodePart
from mi_bridge.insurer.rules.rule import compile_rule
from mi_bridge.insurer.rules.rule_text import RuleText
from mi_bridge.insurer.rules.scene import Scene


def scene(value: dict[str, Any]) -> Scene:
    members = read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**6).members
    return Scene(NodePart(node, f"input.{node}", content, single=True) for node, content in members.items())


def broken(rule: str, value: dict[str, Any], place: Path = Path("rules")) -> list[str]:
    """Return where a message breaks a rule, written as in a file but without id and message."""
    text = msgspec.convert({"id": "r", "message": "不对", **tomllib.loads(rule)}, RuleText)
    return list(compile_rule(text, place / "own.toml").look(scene(value)))
