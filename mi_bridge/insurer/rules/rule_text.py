"""Rules as they are written in a file: the keys, and what each may hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Reference = Annotated[str, Field(pattern=r"^([A-Za-z][\w-]*\.)?[A-Za-z][\w-]*$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][\w-]*$")]
Words = Annotated[tuple[str, ...], Field(min_length=1)]


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Lookup(_Text):
    """A value must stand in a table beside the rules.

    Args:
        table: name of the CSV file, with a header.
        key: the column the value must stand in.
        same: fields of the row beside it that must equal the table's columns, by field.
    """

    table: Annotated[str, Field(pattern=r"^[\w.-]+\.csv$")]
    key: str
    same: dict[Name, str] = Field(default_factory=dict)


class Tests(_Text):
    """What a value must fulfil. A value that says nothing fulfils all but ``present``; so does one whose type is wrong.

    Args:
        present: it says something, or it does not.
        one_of, not_one_of: it is one of these, or none of them.
        starts_with: it begins with one of these.
        dictionary: it stands in this code table.
        matches, not_matches: a named pattern, or a regular expression that begins with ``^``.
        at_least, at_most: it is a number within these bounds.
        multiple_of: it is a whole multiple of this number.
        hours_over: it is a duration ``days/hours/minutes`` of more hours than this.
        before, not_before, after, not_after: it is a date so placed to another field's.
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
    multiple_of: Annotated[Decimal, Field(gt=0)] | None = None
    hours_over: Decimal | None = None
    before: Reference | None = None
    not_before: Reference | None = None
    after: Reference | None = None
    not_after: Reference | None = None
    split: Annotated[str, Field(min_length=1)] | None = None
    lookup: Lookup | None = None

    def tests(self) -> frozenset[str]:
        """Return the names of the tests that are set."""
        return frozenset(
            name for name in Tests.model_fields if getattr(self, name) is not None and name != "split"
        )


class Condition(Tests):
    """When a rule applies.

    Args:
        field: whose value is tested.
        node: the node it stands in (key ``in``), any of whose rows may fulfil it; the rule's own row when absent.
        negated: whether it must not hold (key ``not``).
    """

    field: Name
    node: str | None = Field(None, alias="in")
    negated: bool = Field(default=False, alias="not")

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not self.tests():
            raise ValueError("tests nothing: add present, one_of, matches, at_least or another test")
        return self


class Count(_Text):
    """How many rows of the rule's node fulfil some conditions.

    Args:
        where: the conditions, all of which count.
        at_least, at_most: how many there must be.
    """

    where: tuple[Condition, ...] = ()
    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Count:
        if self.at_least is None and self.at_most is None:
            raise ValueError("has no bound: add at_least or at_most")
        return self


class RuleText(Tests):
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

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$")]
    message: Annotated[str, Field(min_length=1, max_length=200)]
    source: str = ""
    severity: Literal["site", "warn", "refuse"] = "site"
    enabled: bool = True
    interfaces: Words | None = None
    node: str = Field("", alias="in")
    when: tuple[Condition, ...] = ()
    fields: tuple[Name, ...] = ()
    require_any: tuple[Name, ...] = ()
    count: Count | None = None
    unique: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _does_one_thing(self) -> RuleText:
        kinds = [bool(self.fields), bool(self.require_any), self.count is not None, bool(self.unique)]
        if sum(kinds) != 1:
            raise ValueError("must have exactly one of fields, require_any, count and unique")
        if bool(self.fields) != bool(self.tests()):
            raise ValueError("fields and a test belong together")
        if not self.fields and not self.require_any and any(part.node is None for part in self.when):
            raise ValueError("looks at all rows together: its conditions need a node (in)")
        return self


class RuleFileText(_Text):
    """A file of rules.

    Args:
        title: what the file is about.
        interfaces: the codes its rules look at; with ``@`` an edition that the profile chooses.
        rule: the rules.
    """

    title: str = ""
    interfaces: Words
    rule: tuple[RuleText, ...]
