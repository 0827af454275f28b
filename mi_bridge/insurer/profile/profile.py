"""A profile: one site's or province's truth, in one TOML file, data only.

What is not in the file is as the national specification has it. Secrets never belong here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.msgid_layout import MsgidLayout
from mi_bridge.insurer.profile.catalogues import Catalogues
from mi_bridge.insurer.profile.checks import Checks
from mi_bridge.insurer.profile.consistency import contradictions
from mi_bridge.insurer.profile.division import Division
from mi_bridge.insurer.profile.fault import PROFILE, refuse
from mi_bridge.insurer.profile.files import Files
from mi_bridge.insurer.profile.headers import FixedHeaders
from mi_bridge.insurer.profile.interface import Interface
from mi_bridge.insurer.profile.operator import Operator
from mi_bridge.insurer.profile.part import Area, Code, Part, Seconds, Timezone, carried
from mi_bridge.insurer.profile.reconciliation import Reconciliation
from mi_bridge.insurer.profile.sign_in import SignIn
from mi_bridge.insurer.profile.signing import Signing
from mi_bridge.insurer.profile.texts import AnswerTexts
from mi_bridge.insurer.profile.url import Url

_NOTHING = Interface()


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
        cainfo_kind: ``text`` sends ``cainfo`` as it is; ``sm3`` the SM3 of the input's text; ``sm2`` a signature over the
            envelope, with the private key of the settings (``insurer.sign_key``).
        cainfo_user_id: the signer's identity in an SM2 signature.
        null_text: what stands for "nothing" in optional fields: empty, or the literal text ``null`` (Hunan).
        input_as: whether ``input`` is an object or its JSON text in a string.
        wire_codes: codes that travel under another one here, by the code HIS calls (``2207`` travels as ``2207A``); class, order
            and name stay those of the code HIS calls.
        msgid: how message numbers are written, see `MsgidLayout`.
        answer_wrapper: ``data`` where answers come inside ``{"code", "type", "message", "data": {…}}``; the client reads both,
            the simulator writes what stands here.
        headers: HTTP headers on every message, see `FixedHeaders`.
        extra_fields: further envelope fields this site wants, before ``input``.
        content_type: of the HTTP request.
        timezone: in which ``inf_time`` is written.
        operator, url, signing, sign_in, texts, checks, interfaces, files, catalogues, reconciliation: see their own classes.
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
    cainfo_kind: Literal["text", "sm3", "sm2"] = "text"
    cainfo_user_id: Annotated[str, Field(min_length=1)] = "1234567812345678"
    null_text: Literal["", "null", "NULL"] = ""
    input_as: Literal["object", "string"] = "object"
    wire_codes: dict[Code, Code] = Field(default_factory=dict)
    msgid: MsgidLayout = MsgidLayout.SEQUENCE
    answer_wrapper: Literal["", "data"] = ""
    headers: FixedHeaders = Field(default_factory=dict)
    extra_fields: dict[str, str] = Field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    timezone: Timezone = "Asia/Shanghai"
    operator: Operator = Operator()
    url: Url = Url()
    signing: Signing
    sign_in: SignIn = SignIn()
    texts: AnswerTexts = AnswerTexts()
    checks: Checks = Checks()
    files: Files = Files()
    catalogues: Catalogues = Catalogues()
    call_timeout_s: Seconds = 60.0
    connect_timeout_s: Seconds = 5.0
    keepalive_s: Seconds = 15.0
    max_connections: Annotated[int, Field(ge=1, le=10000)] = 400
    max_input_bytes: Annotated[int, Field(ge=1024)] = 10 * 1024 * 1024
    max_answer_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    reversible: tuple[str, ...] = ("2102", "2207", "2304", "2401")
    quiet_period_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    reconciliation: Reconciliation = Reconciliation()
    interfaces: dict[str, Interface] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Profile:
        refuse(PROFILE, contradictions(self))
        return self

    @property
    def longest_call_s(self) -> float:
        """The longest deadline any transaction has, in seconds."""
        return max([self.call_timeout_s, *(one.call_timeout_s or 0 for one in self.interfaces.values())])

    def wire_code(self, infno: str) -> str:
        """Return the code a transaction travels under."""
        return self.wire_codes.get(infno, infno)

    def national_code(self, code: str) -> str:
        """Return the code HIS calls for one that stands in a message."""
        return next((infno for infno, wire in self.wire_codes.items() if wire == code), code)

    def interface(self, infno: str) -> Interface:
        """Return what is different about a transaction, told under its own code, the one it travels under, or the one HIS calls."""
        codes = (infno, self.wire_code(infno), self.national_code(infno))
        return next((self.interfaces[code] for code in codes if code in self.interfaces), _NOTHING)

    def call_timeout(self, infno: str) -> float:
        """Return the deadline of one call of this transaction, in seconds."""
        return self.interface(infno).call_timeout_s or self.call_timeout_s

    def receiver(self, infno: str) -> str:
        """Return ``recer_sys_code`` for this transaction."""
        return self.interface(infno).recer_sys_code or self.recer_sys_code

    def node_names(self, infno: str) -> dict[str, str]:
        """Return the site's names of this transaction's input nodes, by national name."""
        return self.interface(infno).node_names

    def division(self, infno: str) -> Division | None:
        """Return how a large message of this transaction is divided, None where it is sent as it is."""
        return self.interface(infno).division

    def catalogue(self, base: Catalogue | None = None) -> Catalogue:
        """Return the catalogue as this site speaks it.

        Args:
            base: the national catalogue; the shipped one when None.

        Raises:
            CatalogueError: ``reversible`` lists a code nobody knows.
        """
        codes = {*self.interfaces, *self.wire_codes, *self.wire_codes.values()}
        told = {infno: self.interface(infno).catalogue_values() for infno in sorted(codes)}
        overrides = {infno: values for infno, values in told.items() if values or infno in self.interfaces}
        return (base or Catalogue.load()).with_overrides(overrides, reversible=self.reversible)
