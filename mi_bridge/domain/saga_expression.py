"""The tiny language in which a saga says how a step's input is made; ``config/sagas/README.md`` explains it.

A text may hold ``${alternatives}``: paths or literals separated by ``|``, of which the first that is there counts. A text that is
one expression and nothing else takes the value as it is, so that numbers stay numbers, digit for digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mi_bridge.domain.exact_json import Number

ROOTS = ("input", "steps", "saga", "item")

_EXPRESSION = re.compile(r"\$\$|\$\{((?:'[^']*'|[^'}])*)\}|\$\{")
_ALTERNATIVE = re.compile(r"\s*('[^']*'|[^|']+?)\s*(\||$)")
_SEGMENT = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*|[0-9]+)|\[([A-Za-z_][A-Za-z0-9_-]*)=([^\[\]]+)\]")
_ROOT = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_CONSTANTS = {"true": True, "false": False}


class ExpressionError(ValueError):
    """An expression that cannot be read, or a value that is not there; the text is for people, in Chinese."""


class _Absent:
    """The value of what is not there."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Literal:
    """A fixed value: ``'text'``, a number, true or false."""

    value: Any


@dataclass(frozen=True, slots=True)
class Match:
    """``[field=path]``: the one object in a list whose field equals another value."""

    field: str
    wanted: Path


@dataclass(frozen=True, slots=True)
class Path:
    """A way into the saga's input, an earlier answer or the row at hand.

    Args:
        root: one of `ROOTS`.
        segments: members by name, list entries by number, or a `Match`.
        text: as it was written.
    """

    root: str
    segments: tuple[str | Match, ...]
    text: str

    def paths(self) -> Iterator[Path]:
        """Yield this path and those inside it."""
        yield self
        for segment in self.segments:
            if isinstance(segment, Match):
                yield from segment.wanted.paths()


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between ``${`` and ``}``.

    Args:
        alternatives: the first that is there counts.
        optional: whether nothing at all is an answer: the field is left out.
        text: as it was written.
    """

    alternatives: tuple[Path | Literal, ...]
    optional: bool
    text: str

    def paths(self) -> Iterator[Path]:
        """Yield every path in it."""
        for alternative in self.alternatives:
            if isinstance(alternative, Path):
                yield from alternative.paths()

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Return its value, `ABSENT` where it is optional and nothing is there.

        Raises:
            ExpressionError: nothing is there; the message names the paths.
        """
        for alternative in self.alternatives:
            found = alternative.value if isinstance(alternative, Literal) else follow(alternative, scope)
            if found is not ABSENT:
                return found
        if self.optional:
            return ABSENT
        raise ExpressionError(f"{self.text} 没有值")


def parse(text: str) -> tuple[str | Expression, ...]:
    """Take a text apart into plain pieces and expressions.

    Raises:
        ExpressionError: an expression's form is wrong.
    """
    pieces: list[str | Expression] = []
    place = 0
    for found in _EXPRESSION.finditer(text):
        pieces.append(text[place : found.start()])
        place = found.end()
        if found[0] == "$$":
            pieces.append("$")
        elif found[1] is None:
            raise ExpressionError(f"{text[found.start() :]}：缺少右花括号 }}")
        else:
            pieces.append(_expression(found[1]))
    return tuple(piece for piece in (*pieces, text[place:]) if piece != "")


def fill(text: str, scope: Mapping[str, Any]) -> Any:
    """Return a text with its expressions replaced by their values.

    Raises:
        ExpressionError: a value is not there, or is no part of a text.
    """
    pieces = parse(text)
    if len(pieces) == 1 and isinstance(pieces[0], Expression):
        return pieces[0].value(scope)
    return "".join(piece if isinstance(piece, str) else _as_text(piece, scope) for piece in pieces)


def follow(path: Path, scope: Mapping[str, Any]) -> Any:
    """Return what a path leads to; `ABSENT` where nothing, or null, is there."""
    value: Any = scope.get(path.root, ABSENT)
    for segment in path.segments:
        value = _matching(segment, value, scope) if isinstance(segment, Match) else _member(segment, value)
    return ABSENT if value is None else value


def _member(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(name, ABSENT)
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return value[int(name)]
    return ABSENT


def _matching(match: Match, value: Any, scope: Mapping[str, Any]) -> Any:
    wanted = follow(match.wanted, scope)
    rows = value if isinstance(value, list) else [value]
    found = [row for row in rows if isinstance(row, Mapping) and _same(row.get(match.field, ABSENT), wanted)]
    return found[0] if len(found) == 1 else ABSENT


def _same(left: Any, right: Any) -> bool:
    scalars = isinstance(left, str) and isinstance(right, str)
    return scalars and str(left) == str(right)


def _as_text(expression: Expression, scope: Mapping[str, Any]) -> str:
    value = expression.value(scope)
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        return str(value)
    raise ExpressionError(f"{expression.text} 不是文字或数字，不能拼入文字")


def _expression(text: str) -> Expression:
    source = text.strip()
    optional = source.endswith("?")
    body = source.removesuffix("?").strip()
    alternatives: list[Path | Literal] = []
    place = 0
    more = True
    while more:
        found = _ALTERNATIVE.match(body, place)
        if found is None:
            raise ExpressionError(f"${{{text}}}：表达式不完整")
        alternatives.append(_alternative(found[1], text))
        place, more = found.end(), found[2] == "|"
    return Expression(tuple(alternatives), optional, f"${{{source}}}")


def _alternative(text: str, whole: str) -> Path | Literal:
    if text.startswith("'"):
        return Literal(text[1:-1])
    if _NUMBER.fullmatch(text):
        return Literal(Number(text))
    if text in _CONSTANTS:
        return Literal(_CONSTANTS[text])
    return _path(text, whole)


def _path(text: str, whole: str) -> Path:
    root = _ROOT.match(text)
    if root is None or root[0] not in ROOTS:
        raise ExpressionError(f"${{{whole}}}：{text} 应以 {'、'.join(ROOTS)} 之一开头")
    segments: list[str | Match] = []
    place = root.end()
    while place < len(text):
        found = _SEGMENT.match(text, place)
        if found is None:
            raise ExpressionError(f"${{{whole}}}：{text[place:]} 处写法有误")
        segments.append(found[1] if found[1] else Match(found[2], _path(found[3].strip(), whole)))
        place = found.end()
    return Path(root[0], tuple(segments), text)
