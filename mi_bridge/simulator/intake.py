"""The front of the platform: from a JSON document to a message the desks can work on."""

from __future__ import annotations

from typing import Any

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.codec import decode
from mi_bridge.simulator.dialect import Dialect
from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.input_limits import InputLimits
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.requirements import Requirements
from mi_bridge.simulator.sign_in_desk import require_sign_in


class Intake:
    """Checks and opens envelopes.

    Args:
        dialect: the site's: its codes and names.
        requirements: what must be there.
        signed_in: whether a sign-in number is needed.
        once: whether a second message of one number is refused.
        limits: how large an input may be.
    """

    def __init__(
        self,
        dialect: Dialect,
        requirements: Requirements,
        *,
        signed_in: bool,
        once: bool,
        limits: InputLimits,
    ) -> None:
        self._dialect = dialect
        self._requirements = requirements
        self.signed_in = signed_in
        self._once = once
        self._limits = limits
        self._seen: set[tuple[str, str]] = set()

    def open(self, centre: Centre, header: Node, file: bytes | None = None) -> Message:
        """Return the message in an envelope.

        Args:
            centre: whose it is.
            header: the envelope.
            file: what came beside it in a form.

        Raises:
            RequestRefused: the envelope or the input lacks something, the sender is not signed in, or the number was used.
        """
        self._requirements.check_header(header)
        strange = self._dialect.strange_field(header)
        if strange:
            raise centre.texts.refuse("front.header_strange", field=strange)
        infno = self._dialect.national(text(header, "infno"))
        message = Message(
            infno=infno,
            msgid=text(header, "msgid"),
            header=header,
            input=self._input(centre, header, infno),
            received=centre.clock.now(),
            texts=centre.texts,
            file=file,
        )
        self._limits.check(message)
        self._requirements.check_input(message)
        if self.signed_in:
            require_sign_in(centre, message)
        self._refuse_second(centre, message)
        return message

    def _input(self, centre: Centre, header: Node, infno: str) -> Node:
        value: Any = header.get("input")
        if isinstance(value, str) and value.strip():
            value = _inner(value)
        if value == "":
            # some transactions take nothing, and their senders write an empty text for it
            value = {}
        if not isinstance(value, dict):
            raise centre.texts.refuse("front.input_not_object")
        return self._dialect.input(infno, value)

    def _refuse_second(self, centre: Centre, message: Message) -> None:
        number = (message.org_code, message.msgid)
        if self._once and number in self._seen:
            raise centre.texts.refuse("front.duplicate_msgid", msgid=message.msgid)
        self._seen.add(number)


def _inner(written: str) -> Any:
    try:
        return decode(written)
    except ValueError:
        return None
