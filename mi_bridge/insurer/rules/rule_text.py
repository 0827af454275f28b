"""Rules as they are written in a file: the keys, and what each may hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Reference = Annotated[str, Meta(pattern=r"^([A-Za-z][\w-]*\.)?[A-Za-z][\w-]*$")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z][\w-]*$")]
Words = Annotated[tuple[str, ...], Meta(min_length=1)]
Rows = Annotated[int, Meta(ge=0)]


class _Text(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every table of a rule file is: its keys are known, and it does not change."""


class Lookup(_Text, frozen=True, kw_only=True):
    """A value must stand in a table beside the rules.

    Args:
        table: name of the CSV file, with a header.
        key: the column the value must stand in.
        same: fields of the row beside it that must equal the table's columns, by field.
    """

    table: Annotated[str, Meta(pattern=r"^[\w.-]+\.csv$")]
    key: str
    same: dict[Name, str] = {}


class Tests(_Text, frozen=True, kw_only=True):
    """What a value must fulfil. A value that says nothing fulfils all but ``present``; so does one whose type is wrong.

    Args:
        present: it says something, or it does not.
        one_of: it is one of these.
        not_one_of: it is none of these.
        starts_with: it begins with one of these.
        dictionary: it stands in this code table.
        matches: a named pattern, or a regular expression that begins with ``^``, that it fits.
        not_matches: one that it does not fit.
        at_least: it is a number no smaller than this.
        at_most: it is a number no larger than this.
        multiple_of: it is a whole multiple of this number.
        hours_over: it is a duration ``days/hours/minutes`` of more hours than this.
        before: it is a date before another field's.
        not_before: it is none before another field's.
        after: it is a date after another field's.
        not_after: it is none after another field's.
        split: it holds several values parted by this; each is tested.
        lookup: it stands in a table.
    """

    present: bool | None = None
    one_of: Words | None = None
    not_one_of: Words | None = None
    starts_with: Words | None = None
    dictionary: str | None = None
    matches: str | None = None
    not_matches: str | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    multiple_of: Decimal | None = None
    hours_over: Decimal | None = None
    before: Reference | None = None
    not_before: Reference | None = None
    after: Reference | None = None
    not_after: Reference | None = None
    split: Annotated[str, Meta(min_length=1)] | None = None
    lookup: Lookup | None = None

    def tests(self) -> frozenset[str]:
        """Return the names of the tests that are set."""
        return frozenset(name for name in _TESTS if getattr(self, name) is not None)

    def check_bounds(self) -> None:
        """Refuse what no number can fulfil.

        Raises:
            ValueError: ``multiple_of`` is not above 0.
        """
        if self.multiple_of is not None and self.multiple_of <= 0:
            raise ValueError("multiple_of must be above 0")


_TESTS = tuple(name for name in Tests.__struct_fields__ if name != "split")


class Condition(Tests, frozen=True, kw_only=True):
    """When a rule applies.

    Args:
        field: whose value is tested.
        node: the node it stands in (key ``in``), any of whose rows may fulfil it; the rule's own row when absent.
        negated: whether it must not hold (key ``not``).
    """

    field: Name
    node: str | None = msgspec.field(default=None, name="in")
    negated: bool = msgspec.field(default=False, name="not")

    def __post_init__(self) -> None:
        """Refuse a condition that says nothing."""
        self.check_bounds()
        if not self.tests():
            raise ValueError("tests nothing: add present, one_of, matches, at_least or another test")


class Count(_Text, frozen=True, kw_only=True):
    """How many rows of the rule's node fulfil some conditions.

    Args:
        where: the conditions, all of which count.
        at_least: how many there must be.
        at_most: how many there may be.
    """

    where: tuple[Condition, ...] = ()
    at_least: Rows | None = None
    at_most: Rows | None = None

    def __post_init__(self) -> None:
        """Refuse a count without a bound."""
        if self.at_least is None and self.at_most is None:
            raise ValueError("has no bound: add at_least or at_most")


class RuleText(Tests, frozen=True, kw_only=True):
    """One rule: exactly one of ``fields`` with tests, ``require_any``, ``count`` and ``unique``.

    Args:
        id: its name, unlike that of every other rule in the file.
        message: what HIS reads, in Chinese.
        source: where it comes from.
        severity: ``refuse`` or ``warn``; ``site`` refuses where the site's mode is ``refuse``, else warns.
        enabled: whether it is in force.
        interfaces: in place of the file's.
        node: the node whose rows it looks at (key ``in``); empty where the input has no nodes.
        when: conditions, all of which must hold.
        fields: whose values are tested.
        require_any: fields of which one must say something.
        count: rows that must exist, or must not.
        unique: fields whose values together no two rows share.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$")]
    message: Annotated[str, Meta(min_length=1, max_length=200)]
    source: str = ""
    severity: Literal["site", "warn", "refuse"] = "site"
    enabled: bool = True
    interfaces: Words | None = None
    node: str = msgspec.field(default="", name="in")
    when: tuple[Condition, ...] = ()
    fields: tuple[Name, ...] = ()
    require_any: tuple[Name, ...] = ()
    count: Count | None = None
    unique: tuple[Name, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that does nothing, or two things."""
        self.check_bounds()
        kinds = [bool(self.fields), bool(self.require_any), self.count is not None, bool(self.unique)]
        if sum(kinds) != 1:
            raise ValueError("must have exactly one of fields, require_any, count and unique")
        if bool(self.fields) != bool(self.tests()):
            raise ValueError("fields and a test belong together")
        if not self.fields and not self.require_any and any(part.node is None for part in self.when):
            raise ValueError("looks at all rows together: its conditions need a node (in)")


class RuleFileText(_Text, frozen=True, kw_only=True):
    """A file of rules.

    Args:
        interfaces: the codes its rules look at; with ``@`` an edition that the profile chooses.
        rule: the rules.
        title: what the file is about.
    """

    interfaces: Words
    rule: tuple[RuleText, ...]
    title: str = ""
