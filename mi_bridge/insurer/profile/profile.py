"""A profile: one site's or province's truth, in one TOML file, data only.

What is not in the file is as the national specification has it. Secrets never belong here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.catalogue import Catalogue, Transaction
from mi_bridge.insurer.fields import BY_NAME
from mi_bridge.insurer.profile.division import Division
from mi_bridge.insurer.profile.interface import Interface
from mi_bridge.insurer.profile.operator import Operator
from mi_bridge.insurer.profile.part import Area, Part, Seconds, Timezone, carried
from mi_bridge.insurer.profile.signing import Signing
from mi_bridge.insurer.profile.texts import AnswerTexts
from mi_bridge.insurer.profile.url import Url


class Profile(Part):
    """One site's truth. Every field is a key of the TOML file.

    Args:
        name: short name, as the settings refer to it.
        title: what a person reads.
        mdtrtarea_admvs: area of the hospital, six digits.
        insuplc_admdvs: area of the insured where a call does not say; empty sends the null text.
        recer_sys_code: receiver system.
        infver: interface version as the bureau told it.
        signtype, dev_no, dev_safe_info, cainfo: sent as they are; empty ones (but ``signtype``) become the null text.
        null_text: what stands for "nothing" in optional fields: empty, or the literal text ``null`` (Hunan).
        input_as: whether ``input`` is an object or its JSON text in a string.
        extra_fields: further envelope fields this site wants, before ``input``.
        content_type: of the HTTP request.
        timezone: in which ``inf_time`` is written.
        operator, url, signing, texts, interfaces: see their own classes.
        call_timeout_s: how long one call may take, in seconds.
        connect_timeout_s: how long connecting may take, in seconds.
        keepalive_s: how long an idle connection is kept, in seconds; less than the gateway keeps it.
        max_connections: how many connections may be open at once.
        max_input_bytes, max_answer_bytes: size limits, in bytes of UTF-8.
        reversible: the codes 2601 may reverse here.
        quiet_period_s: after so many seconds a message sent and never answered can no longer take effect.
    """

    name: Annotated[str, Field(min_length=1)]
    title: str = ""
    mdtrtarea_admvs: Area
    insuplc_admdvs: Area | Literal[""] = ""
    recer_sys_code: Annotated[str, Field(min_length=1), carried("recer_sys_code")]
    infver: Annotated[str, Field(min_length=1), carried("infver")]
    signtype: Annotated[str, carried("signtype")] = ""
    dev_no: Annotated[str, carried("dev_no")] = ""
    dev_safe_info: Annotated[str, carried("dev_safe_info")] = ""
    cainfo: Annotated[str, carried("cainfo")] = ""
    null_text: Literal["", "null", "NULL"] = ""
    input_as: Literal["object", "string"] = "object"
    extra_fields: dict[str, str] = Field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    timezone: Timezone = "Asia/Shanghai"
    operator: Operator = Operator()
    url: Url = Url()
    signing: Signing
    texts: AnswerTexts = AnswerTexts()
    call_timeout_s: Seconds = 60.0
    connect_timeout_s: Seconds = 5.0
    keepalive_s: Seconds = 15.0
    max_connections: Annotated[int, Field(ge=1, le=10000)] = 400
    max_input_bytes: Annotated[int, Field(ge=1024)] = 10 * 1024 * 1024
    max_answer_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    reversible: tuple[str, ...] = ("2102", "2207", "2304", "2401")
    quiet_period_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    interfaces: dict[str, Interface] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _quiet_enough(self) -> Profile:
        longest = max([self.call_timeout_s, *(i.call_timeout_s or 0 for i in self.interfaces.values())])
        if self.quiet_period_s <= longest:
            raise ValueError(f"quiet_period_s must be longer than the longest call_timeout_s ({longest:g})")
        return self

    @model_validator(mode="after")
    def _new_fields(self) -> Profile:
        taken = self.extra_fields.keys() & BY_NAME.keys()
        if taken:
            raise ValueError(f"extra_fields repeats fields of the envelope: {', '.join(sorted(taken))}")
        return self

    def call_timeout(self, infno: str) -> float:
        """Return the deadline of one call of this transaction, in seconds."""
        interface = self.interfaces.get(infno)
        return (interface and interface.call_timeout_s) or self.call_timeout_s

    def receiver(self, infno: str) -> str:
        """Return ``recer_sys_code`` for this transaction."""
        interface = self.interfaces.get(infno)
        return (interface and interface.recer_sys_code) or self.recer_sys_code

    def node_names(self, infno: str) -> dict[str, str]:
        """Return the site's names of this transaction's input nodes, by national name."""
        interface = self.interfaces.get(infno)
        return interface.node_names if interface else {}

    def division(self, infno: str) -> Division | None:
        """Return how a large message of this transaction is divided, None where it is sent as it is."""
        interface = self.interfaces.get(infno)
        return interface.division if interface else None

    def catalogue(self, base: Catalogue | None = None) -> Catalogue:
        """Return the catalogue as this site speaks it.

        Args:
            base: the national catalogue; the shipped one when None.

        Raises:
            CatalogueError: ``reversible`` lists a code nobody knows, or a division names a node that is no list.
        """
        overrides = {infno: interface.catalogue_values() for infno, interface in self.interfaces.items()}
        catalogue = (base or Catalogue.load()).with_overrides(overrides, reversible=self.reversible)
        for transaction in catalogue:
            self._check_division(transaction)
        return catalogue

    def _check_division(self, transaction: Transaction) -> None:
        rule = self.division(transaction.infno)
        lists = (*transaction.list_nodes, *transaction.either_nodes)
        if rule is None or rule.node in lists:
            return
        raise CatalogueError(
            f"interfaces.{transaction.infno}.division.node",
            f"is {rule.node!r}, which is no list of this transaction",
            remedy=f"Write one of its lists: {', '.join(lists) or 'it has none'}.",
        )
