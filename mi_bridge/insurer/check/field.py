"""The facts of one input field, as ``config/catalogue/fields/`` holds them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    """Characters; a JSON number passes, as platforms read it as its text."""
    NUMBER = "number"
    """A number, or the text of one."""
    INTEGER = "integer"
    """A whole number, or the text of one."""
    DATE = "date"
    """``yyyy-MM-dd``."""
    DATETIME = "datetime"
    """``yyyy-MM-dd HH:mm:ss``."""
    MOMENT = "moment"
    """Either; the tables contradict themselves here."""
    LIST = "list"
    """An array of objects, whose fields stand under their own node."""
    OBJECT = "object"
    """An object, whose fields stand under their own node."""
    ANY = "any"
    """Nobody published what exactly."""


class Need(StrEnum):
    """Whether a field must be there."""

    YES = "Y"
    """The table requires it."""
    DOUBTED = "?"
    """The table requires it, but its layout or its wording leaves a doubt."""
    NO = ""
    """It may be left out."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Args:
        node: where it stands, nodes joined by points (``data``, ``selinfo.drugtracinfo``); empty directly in ``input``.
        name: as it is written on the wire.
        title: its Chinese name, for messages.
        type: what it holds.
        length: most characters of a text, digits before the point of a number; 0 where nobody says.
        scale: most decimals of a number; -1 where nobody says.
        need: whether it must be there.
        dictionary: code of its code table, empty where it has none.
        when: a condition on fields beside it under which ``need`` applies; empty for always.
        values: its own list of values, in place of a dictionary's; a site's word.
    """

    node: str
    name: str
    title: str = ""
    type: FieldType = FieldType.TEXT
    length: int = 0
    scale: int = -1
    need: Need = Need.NO
    dictionary: str = ""
    when: str = ""
    values: tuple[str, ...] = ()
