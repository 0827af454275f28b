"""How a site speaks: between what stands in its messages and the national language the desks understand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_bridge.insurer.catalogue import REVERSAL, Catalogue
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.reversal import with_wire_code
from mi_bridge.simulator.fields import Node, text


class Dialect:
    """Translates for one site.

    Args:
        profile: tells codes, names and texts.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._national = {code: infno for infno, code in profile.wire_codes.items()}
        catalogue, site = Catalogue.load(), profile.catalogue()
        self._outputs = {
            one.infno: (one.output_node, ours.output_node)
            for one in catalogue
            for ours in site
            if one.infno == ours.infno and one.output_node != ours.output_node
        }

    def national(self, code: str) -> str:
        """Return the national code of what a message calls itself."""
        return self._profile.national_code(code)

    def strange_field(self, header: Node) -> str:
        """Return the envelope field that is not as this site told everybody, empty when there is none."""
        infno = self.national(text(header, "infno"))
        own = self._profile.interface(infno)
        wanted = {
            "recer_sys_code": self._profile.receiver(infno),
            "infver": self._profile.infver,
            "signtype": self._profile.signtype if own.signtype is None else own.signtype,
        }
        return next(
            (name for name, value in wanted.items() if value and text(header, name) != value),
            next((name for name in self._profile.extra_fields if name not in header), ""),
        )

    def input(self, infno: str, value: Mapping[str, Any]) -> Node:
        """Return an input with the national names of its nodes, and of the transaction it speaks of."""
        national = {ours: name for name, ours in self._profile.node_names(infno).items()}
        node = {national.get(str(name), str(name)): member for name, member in value.items()}
        changed = with_wire_code(node, self._national) if infno == REVERSAL else None
        return node if changed is None else changed

    def output(self, infno: str, value: Any) -> Any:
        """Return an output with the site's name of its node."""
        ours, theirs = self._outputs.get(infno, ("", ""))
        if not isinstance(value, dict) or not theirs:
            return value
        return {theirs if name == ours else name: member for name, member in value.items()}

    def wrapped(self, content: Node) -> Node:
        """Return an answer the way it leaves; only a whole envelope is ever wrapped."""
        if self._profile.answer_wrapper != "data" or "refmsg_time" not in content:
            return content
        return {"code": 0, "type": "success", "message": "", "data": content}
