"""Mutations that keep a language's form, so that what lies behind the parser is reached too."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from mi_bridge.domain import exact_json
from mi_bridge.domain.exact_json import Number

Mutation = Callable[[bytes, random.Random], bytes]
"""Returns other bytes; the same where the form is not kept anyway."""

_NUMBERS = (
    "0",
    "-1",
    "1",
    "401",
    "0.0",
    "-0",
    "2.00",
    "1e5",
    "1E-999999",
    "0E-99999999",
    "1e999",
    "9" * 40,
    "NaN",
    "Infinity",
    "1e-7",
)
_TEXTS = (
    "", "0", "-1", "null", "success", "成功", "error", "正在进行，请稍后处理", "交易超时", "签到", "a\x00b", "\ud800", "\ufeff", "9" * 400,
    "2026-03-02", "2026-02-30", "20260302080000", "1E-999999", "0E-99999999", "NaN", "{}", '{"infcode":0}', "\t", "\r\n", "x" * 2000,
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [{}], {"": ""}, {"data": {}}, [None, ""])
_TOML_VALUES = (
    "0", "-1", "1e400", "nan", "inf", "true", '""', "'x'", "[]", "{}", '["x"]', '"null"', "'(?i)['", "'" + "x" * 300 + "'", "1979-05-27",
    '"{infno}"', '"http://h/x"', "999999999999", "[[]]", '{ a = "b" }', '"\\u0000"', "'医保'", '"Mars/Base"',
)  # fmt: skip


def json_mutation(head: int, words: tuple[str, ...]) -> Mutation:
    """Return the mutation of messages that begin with some bytes of choice and go on with a JSON object.

    Args:
        head: how many bytes of choice.
        words: names that mean something in this language.
    """

    def mutate(data: bytes, chance: random.Random) -> bytes:
        try:
            value = exact_json.read(data[head:].decode("utf-8", "surrogatepass"))
        except ValueError:
            return data
        first = bytes(chance.randrange(256) if chance.random() < 0.1 else byte for byte in data[:head])
        for _ in range(chance.randrange(1, 4)):
            value = _changed(value, words, chance)
        try:
            return first + exact_json.write(value).encode("utf-8", "surrogatepass")
        except (RecursionError, ValueError):
            return data

    return mutate


def _changed(value: Any, words: tuple[str, ...], chance: random.Random) -> Any:
    """Change something at a random depth."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return _member_changed(value, name, words, chance)
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [*value[:place], _changed(value[place], words, chance), *value[place + chance.randrange(2) :]][
            :200
        ]
    return _nasty(value, words, chance)


def _member_changed(
    value: dict[str, Any], name: str, words: tuple[str, ...], chance: random.Random
) -> dict[str, Any]:
    chosen = chance.random()
    if chosen < 0.6:
        return {**value, name: _changed(value[name], words, chance)}
    if chosen < 0.75:
        return {other: member for other, member in value.items() if other != name}
    other = chance.choice([*words, name.upper(), name + "A", ""])
    if chosen < 0.9:
        return {**value, other: value[name]}
    return {other if key == name else key: member for key, member in value.items()}


def _nasty(value: Any, words: tuple[str, ...], chance: random.Random) -> Any:
    choices: tuple[Callable[[], Any], ...] = (
        lambda: Number(chance.choice(_NUMBERS)),
        lambda: chance.choice(_TEXTS),
        lambda: chance.choice(_OTHERS),
        lambda: {chance.choice(words): value},
        lambda: [value] * chance.randrange(1, 4),
        lambda: str(value)[:500],
        lambda: exact_json.write(value) if not isinstance(value, float) else value,
    )
    return chance.choice(choices)()


def toml_mutation(data: bytes, chance: random.Random) -> bytes:
    """Change, drop or repeat lines of a TOML file."""
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(lines))
        name, sign, _value = lines[place].removeprefix("# ").partition("=")
        chosen = chance.random()
        if sign and chosen < 0.7:
            lines[place] = f"{name}= {chance.choice(_TOML_VALUES)}"
        elif chosen < 0.85:
            del lines[place]
        else:
            lines.insert(chance.randrange(len(lines) + 1), lines[place])
        lines = lines or [""]
    return "\n".join(lines).encode("utf-8", "replace")
