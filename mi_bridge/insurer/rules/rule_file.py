"""Reads a file of rules, or says where it is broken."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mi_bridge.errors import ConfigurationError, RuleError
from mi_bridge.insurer.rules.rule import Rule, compile_rule
from mi_bridge.insurer.rules.rule_text import RuleFileText, RuleText

_REMEDIES = {
    "extra_forbidden": "Remove the key or correct its spelling.",
    "missing": "Add the key.",
}


def read_rules(file: Path) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of a file that are in force, by interface.

    Raises:
        RuleError: the file cannot be used; names file, rule, key and fault.
    """
    text = _parsed(file, _read(file))
    _refuse_duplicates(file, text)
    found: dict[str, list[Rule]] = {}
    for written in text.rule:
        rule = _compiled(file, written)
        for infno in written.interfaces or text.interfaces if written.enabled else ():
            found.setdefault(infno, []).append(rule)
    return {infno: tuple(rules) for infno, rules in found.items()}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise RuleError(str(file), f"cannot be read ({fault.strerror})") from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise RuleError(str(file), f"is not TOML in UTF-8 ({fault})", remedy="Correct the file.") from fault


def _parsed(file: Path, values: dict[str, Any]) -> RuleFileText:
    try:
        return RuleFileText.model_validate(values)
    except ValidationError as fault:
        raise _rule_error(file, values, fault) from None


def _rule_error(file: Path, values: dict[str, Any], fault: ValidationError) -> RuleError:
    errors = fault.errors(include_url=False, include_context=False, include_input=False)
    first, *others = [(_place(values, error["loc"]), _said(error["msg"])) for error in errors]
    more = "".join(f"; {place} {said}" for place, said in others)
    return RuleError(f"{file}: {first[0]}", first[1] + more, remedy=_REMEDIES.get(errors[0]["type"], ""))


def _place(values: dict[str, Any], location: tuple[int | str, ...]) -> str:
    place = [str(part) for part in location]
    if place[:1] == ["rule"] and len(place) > 1:
        place = [_name(values, int(place[1])), *place[2:]]
    return ".".join(place) or "file"


def _said(message: str) -> str:
    return f"is wrong: {message.removeprefix('Value error, ')}"


def _name(values: dict[str, Any], number: int) -> str:
    rule = values["rule"][number]
    name = rule.get("id") if isinstance(rule, dict) else None
    return f"rule {name}" if isinstance(name, str) else f"rule number {number + 1}"


def _refuse_duplicates(file: Path, text: RuleFileText) -> None:
    twice = [name for name, times in Counter(rule.id for rule in text.rule).items() if times > 1]
    if twice:
        raise RuleError(f"{file}: rule {twice[0]}", "stands there twice", remedy="Give each rule its own id.")


def _compiled(file: Path, written: RuleText) -> Rule:
    try:
        return compile_rule(written, file)
    except (ValueError, ConfigurationError) as fault:
        raise RuleError(f"{file}: rule {written.id}", str(fault)) from fault
