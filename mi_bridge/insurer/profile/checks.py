"""How messages are checked before they leave a site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mi_bridge.insurer.profile.part import Part

Mode = Literal["refuse", "warn", "off"]


class FieldChecks(Part):
    """What is different about one field at a site.

    Args:
        required: whether it must be there, in place of what the table says.
        type: what it holds; a field that no table knows needs it.
        length: most characters of a text, or digits of a number (``16,2``).
        values: all it may hold, in place of a code table.
    """

    required: bool | None = None
    type: (
        Literal["text", "number", "integer", "date", "datetime", "moment", "list", "object", "any"] | None
    ) = None
    length: Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=r"^\d{1,3}(,\d{1,2})?$")] | None = None
    values: tuple[str, ...] | None = None


class InterfaceChecks(Part):
    """What is different about one interface at a site.

    Args:
        mode: as for all interfaces, for this one.
        layout: the table it is checked by, where that is not its own: another code, or an edition (``4101@2021``).
        fields: by node and name, in national names (``feedetail.cnt``); without a node where there is none.
    """

    mode: Mode | None = None
    layout: str = ""
    fields: dict[str, FieldChecks] = Field(default_factory=dict)


class Checks(Part):
    """How messages are checked before they leave.

    The tables are one province's edition, extracted by machine. So a site that says nothing is warned and never refused: a
    table's error must not stop a cashier. A site that has tried its messages against them chooses ``refuse``.

    Args:
        mode: ``refuse`` what is surely wrong and warn of what is doubtful; ``warn`` of what is surely wrong; ``off``.
        rules: the quality rules' own severities (``as_written``), all of them warnings, or off.
        dictionaries: by code, the values of a code table at this site, all of them.
        interfaces: by code, what is different.
    """

    mode: Mode = "warn"
    rules: Literal["as_written", "warn", "off"] = "as_written"
    dictionaries: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    interfaces: dict[str, InterfaceChecks] = Field(default_factory=dict)

    def layout_of(self, infno: str) -> str:
        """Return the table and the rules this interface is looked at by: its own, or the edition the site has chosen."""
        interface = self.interfaces.get(infno)
        return (interface and interface.layout) or infno

    def mode_of(self, infno: str) -> Mode:
        """Return how this interface's messages are checked."""
        interface = self.interfaces.get(infno)
        return (interface and interface.mode) or self.mode
