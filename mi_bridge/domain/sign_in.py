"""A sign-in at the platform, as the whole cluster shares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SignInDecision(StrEnum):
    """What the database answers to whoever wants a sign-in number."""

    TAKE = "TAKE"
    """Here is one."""
    NONE = "NONE"
    """There is none, and the caller does not want to sign in."""
    SIGN = "SIGN"
    """The caller signs in, under a lease."""
    WAIT = "WAIT"
    """Somebody else is signing in."""
    KEEP = "KEEP"
    """The number was refused before it ever worked: a new one would fare no better."""
    FAILED = "FAILED"
    """Signing in failed a moment ago."""


@dataclass(frozen=True, slots=True)
class SignInWish:
    """What a node wants to know of an operator's sign-in.

    Args:
        org_code: the organisation.
        opter: the operator.
        seen_epoch: the sign-in whose number the platform refused, 0 for none; only a newer one is of use.
        may_sign: whether the caller signs in where there is none.
        worked: whether the refused number is known to have worked.
        ordered: whether a person wants a new one now, whatever there is.
        pause_ms: so long a number that never worked is not replaced.
        lease_seconds: how long the right to sign in holds.
    """

    org_code: str
    opter: str
    seen_epoch: int = 0
    may_sign: bool = True
    worked: bool = False
    ordered: bool = False
    pause_ms: int = 10_000
    lease_seconds: int = 15


@dataclass(frozen=True, slots=True)
class SignInReply:
    """The database's answer to a wish.

    Args:
        decision: what it comes to.
        epoch: of the sign-in; fences the result of one that is being made.
        sign_no: the number, with TAKE; as secret as a token.
        proved: whether the platform has taken this number before.
        remaining_ms: how long the number holds (TAKE), another's lease does (WAIT), or until the next try (FAILED).
        message: why signing in failed, in Chinese.
        msgid_number: for the message of 9001 (SIGN).
        database_time_ms: the database's clock, milliseconds since 1970.
    """

    decision: SignInDecision
    epoch: int = 0
    sign_no: str = field(default="", repr=False)
    proved: bool = False
    remaining_ms: int = 0
    message: str = ""
    msgid_number: int = 0
    database_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What came of signing in.

    Args:
        org_code: the organisation.
        opter: the operator.
        epoch: as the right to sign in was given.
        sign_no: the number; empty when there is none.
        valid_seconds: how long it holds.
        message: why there is none, in Chinese.
        retry_ms: when to try again.
    """

    org_code: str
    opter: str
    epoch: int
    sign_no: str = field(default="", repr=False)
    valid_seconds: int = 0
    message: str = ""
    retry_ms: int = 0


@dataclass(frozen=True, slots=True)
class SignInRow:
    """One operator's sign-in as people see it: never the number.

    Args:
        state: NONE, SIGNING, SIGNED_IN, EXPIRED, FAILED or SIGNED_OUT.
        proved: whether the platform has taken the number.
        sign_time: since when.
        valid_until: until when.
        node_id: who signed in.
        message: why it failed, in Chinese.
    """

    org_code: str
    opter: str
    state: str
    proved: bool
    sign_time: datetime | None
    valid_until: datetime | None
    node_id: str
    message: str
