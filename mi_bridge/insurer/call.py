"""One call: what HIS wants sent, and what is ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from mi_bridge.insurer.catalogue import Transaction
from mi_bridge.insurer.check.finding import Findings


@dataclass(frozen=True, slots=True)
class Call:
    """What HIS wants sent. Empty fields are filled from the client and the profile.

    Args:
        infno: the transaction's code.
        input: its input as JSON text, sent as it is written, or as a mapping.
        msgid: the message's own number; empty takes a fresh one.
        org_code: the sending organisation (``fixmedins_code``).
        insuplc_admdvs: area of the insured; needed for patients insured elsewhere (from 1101).
        opter: operator or terminal number.
        opter_name: operator or terminal name.
        opter_type: 1 operator, 2 self-service terminal, 3 mobile terminal.
        sign_no: number of the sign-in (from 9001).
        sign_epoch: which sign-in of the cluster the number is from; the bridge's own, never sent.
        checked: whether its fields are checked; what the bridge itself makes of a lost message is not, as nobody could correct it.
    """

    infno: str
    input: str | Mapping[str, Any] = field(repr=False)
    msgid: str = ""
    org_code: str = ""
    insuplc_admdvs: str = ""
    opter: str = field(default="", repr=False)
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""
    sign_no: str = field(default="", repr=False)
    sign_epoch: int = 0
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message is from, and under which sign-in.

    Args:
        org_code: the sending organisation.
        opter: the operator.
        opter_name: the operator's name; empty takes the profile's.
        opter_type: the operator's kind; empty takes the profile's.
        sign_epoch: which sign-in of the cluster the message's number is from; 0 for none.
    """

    org_code: str
    opter: str
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""
    sign_epoch: int = 0


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A message down to its last byte; the same bytes are hashed, signed, stored and sent.

    Args:
        infno: the transaction's code.
        msgid: the message's own number, 30 characters.
        url: where it goes.
        headers: HTTP headers, the signature among them.
        body: the exact bytes.
        body_sha256: their SHA-256, hexadecimal.
        transaction: what the catalogue knows of it at this site.
        sender: who it is from; None where the maker did not say.
        findings: what its check found doubtful; None where nothing, or where it was not checked.
    """

    infno: str
    msgid: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    body_sha256: str
    transaction: Transaction = field(repr=False)
    sender: Sender | None = field(default=None, repr=False)
    findings: Findings | None = None


class CallFields(TypedDict, total=False):
    """The optional fields of `Call`, by keyword."""

    msgid: str
    org_code: str
    insuplc_admdvs: str
    opter: str
    opter_name: str
    opter_type: str
    sign_no: str
