"""One message as the platform received it, past the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.texts import Texts


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose envelope is complete.

    Args:
        infno: the transaction.
        msgid: the sender's number of the message.
        header: the envelope's fields.
        input: the transaction's input.
        received: when it came in.
        texts: how a missing node is refused.
        file: the file that came beside it in a form; None where none did.
    """

    infno: str
    msgid: str
    header: Node = field(repr=False)
    input: Node = field(repr=False)
    received: datetime
    texts: Texts = field(repr=False)
    file: bytes | None = field(default=None, repr=False)

    @property
    def org_code(self) -> str:
        """The sending institution."""
        return text(self.header, "fixmedins_code")

    @property
    def org_name(self) -> str:
        """The sending institution's name."""
        return text(self.header, "fixmedins_name")

    @property
    def area(self) -> str:
        """Where the person is treated."""
        return text(self.header, "mdtrtarea_admvs")

    def node(self, name: str) -> Node:
        """Return a node that holds one object; a list of one is taken as well.

        Raises:
            RequestRefused: it is missing or of another shape.
        """
        rows = self.rows(name)
        if len(rows) != 1:
            raise self.texts.refuse("front.node_missing", node=name)
        return rows[0]

    def rows(self, name: str) -> list[Node]:
        """Return a node that holds a list; a single object is taken for a list of one, as live platforms do.

        Raises:
            RequestRefused: it is missing, empty or of another shape.
        """
        value: Any = self.input.get(name)
        rows = [value] if isinstance(value, dict) else value
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self.texts.refuse("front.node_missing", node=name)
        return rows


def named_person(value: Any) -> str:
    """Return the ``psn_no`` of an input, as far as its fields or the first object of a node say one; else nothing."""
    if not isinstance(value, dict):
        return ""
    firsts = [node[0] if isinstance(node, list) and node else node for node in value.values()]
    return next(
        (text(one, "psn_no") for one in (value, *firsts) if isinstance(one, dict) and one.get("psn_no")), ""
    )
