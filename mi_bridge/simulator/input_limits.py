"""How large an input the platform takes in one call."""

from __future__ import annotations

from dataclasses import dataclass

from mi_bridge.simulator.codec import encode
from mi_bridge.simulator.message import Message


@dataclass(frozen=True, slots=True)
class InputLimits:
    """Refuses what is too large. The specification types ``input`` as 40,000 characters; live messages go beyond, so none is the default.

    Args:
        rows: most rows in one list of an input; 0 for any number.
        size: longest input, in bytes of its compact JSON in UTF-8; 0 for any length.
    """

    rows: int = 0
    size: int = 0

    def check(self, message: Message) -> None:
        """Check a message.

        Raises:
            RequestRefused: it is too large; the text names the node, or the size.
        """
        for node, value in message.input.items():
            count = len(value) if isinstance(value, list) else 0
            if 0 < self.rows < count:
                raise message.texts.refuse(
                    "front.too_many_rows", node=node, rows=str(count), limit=str(self.rows)
                )
        size = len(encode(message.input)) if self.size else 0
        if size > self.size:
            raise message.texts.refuse("front.too_large", size=str(size), limit=str(self.size))
