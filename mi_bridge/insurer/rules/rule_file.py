"""Reads a file of rules, or says where it is broken."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from mi_bridge.errors import ConfigurationError, RuleError
from mi_bridge.insurer.rules.rule import Rule, compile_rule
from mi_bridge.insurer.rules.rule_text import RuleFileText, RuleText

_KEY_FAULTS = {
    r"unknown field `(.*)`": ("is no key that is known here", "Remove the key or correct its spelling."),
    r"missing required field `(.*)`": ("is missing", "Add the key."),
}
_RULE = re.compile(r"\.rule\[(\d+)\]")


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
        return msgspec.convert(values, RuleFileText)
    except msgspec.ValidationError as fault:
        said, _, location = str(fault).partition(" - at `$")
        raise _rule_error(file, _place(values, location.rstrip("`")), said) from None


def _rule_error(file: Path, place: str, said: str) -> RuleError:
    for pattern, (fault, remedy) in _KEY_FAULTS.items():
        found = re.search(pattern, said)
        if found:
            key = f"{place}.{found[1]}".removeprefix("file.")
            return RuleError(f"{file}: {key}", fault, remedy=remedy)
    return RuleError(f"{file}: {place}", f"is wrong: {said}")


def _place(values: dict[str, Any], location: str) -> str:
    """Return a place such as ``.rule[3].when[0]`` with the rule's own name in it."""
    found = _RULE.match(location)
    if not found:
        return location.lstrip(".") or "file"
    return _name(values, int(found[1])) + location[found.end() :]


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
