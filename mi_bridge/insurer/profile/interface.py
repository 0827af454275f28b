"""What is different about one transaction at a site."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.insurer.catalogue import Kind
from mi_bridge.insurer.profile.division import Division
from mi_bridge.insurer.profile.part import Part, Seconds, carried
from mi_bridge.insurer.profile.url import Path

_NOT_THE_CATALOGUES = {
    "node_names",
    "recer_sys_code",
    "signtype",
    "cainfo",
    "input_as",
    "path",
    "call_timeout_s",
    "division",
}


class Interface(Part):
    """What is different about one transaction at this site; an empty field means "as in the catalogue".

    Args:
        name, group, kind, money_class, ordered, input_nodes, list_nodes, either_nodes, output_node, cancelled_by, enabled:
            as in `mi_bridge.insurer.catalogue.Transaction`.
        node_names: the site's own names for input nodes, by their national name.
        recer_sys_code: receiver system for this transaction.
        signtype, cainfo: its own texts instead of the profile's.
        input_as: how its ``input`` is written: as an object, as its JSON text in a string, or ``empty`` as an empty string.
        path: its own path, or a whole address; stands before ``url.paths``.
        call_timeout_s: its own deadline in seconds.
        division: how a message that is too large for one call is divided; None sends it as it is.
    """

    name: str | None = None
    group: str | None = None
    kind: Kind | None = None
    money_class: MoneyClass | None = None
    ordered: bool | None = None
    input_nodes: tuple[str, ...] | None = None
    list_nodes: tuple[str, ...] | None = None
    either_nodes: tuple[str, ...] | None = None
    output_node: str | None = None
    cancelled_by: str | None = None
    enabled: bool | None = None
    node_names: dict[str, str] = Field(default_factory=dict)
    recer_sys_code: Annotated[str, carried("recer_sys_code")] = ""
    signtype: Annotated[str, carried("signtype")] | None = None
    cainfo: Annotated[str, carried("cainfo")] | None = None
    input_as: Literal["object", "string", "empty"] | None = None
    path: Path = ""
    call_timeout_s: Seconds | None = None
    division: Division | None = None

    def catalogue_values(self) -> dict[str, Any]:
        """Return only what the catalogue takes over."""
        return self.model_dump(exclude_none=True, exclude=_NOT_THE_CATALOGUES)
