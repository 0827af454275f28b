"""A difference as it is kept: with its day and account, its evidence, and a digest by which it is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mi_bridge.domain.reconciliation import Difference, DifferenceKind
from mi_bridge.domain.settlement import AMOUNTS, Account, Amounts, Book

_UNKNOWN = Amounts()


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request of ours a message of the platform's books belongs to.

    Args:
        request_id: the request.
        status: where it stands.
    """

    request_id: int
    status: str


@dataclass(frozen=True, slots=True)
class Case:
    """One difference to be kept.

    Args:
        day: the day that was compared.
        account: where; its insurance type is empty where the platform's row does not say one.
        kind: what is different.
        request_id, found_status: our request and where it stood; None and empty where we have none.
        msgid, setl_id, mdtrt_id, psn_no: by what the settlement is known.
        ours, theirs: the amounts of both sides.
        differing: names of the amounts that differ.
        words: what the platform says of it.
    """

    day: date
    account: Account
    kind: DifferenceKind
    request_id: int | None = None
    found_status: str = ""
    msgid: str = ""
    setl_id: str = ""
    mdtrt_id: str = ""
    psn_no: str = field(default="", repr=False)
    ours: Amounts = _UNKNOWN
    theirs: Amounts = _UNKNOWN
    differing: tuple[str, ...] = ()
    words: str = ""

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of what makes it this difference and no other: not of words and states, which change."""
        account = self.account
        known = (
            self.day.isoformat(),
            account.org_code,
            account.insutype,
            account.clr_type,
            account.setl_optins,
        )
        which = (self.kind.value, self.setl_id, self.msgid)
        sums = [_plain(getattr(side, name)) for side in (self.ours, self.theirs) for name in AMOUNTS]
        return hashlib.sha256("\x1f".join((*known, *which, *sums)).encode()).hexdigest()


def case_of(difference: Difference, day: date, book: Book, request: OwnRequest | None = None) -> Case:
    """Return a difference as a case.

    Args:
        difference: what the comparison found.
        day: of the comparison.
        book: where it was found.
        request: of a row only the platform has, the request of ours its message belongs to.
    """
    ours, theirs = difference.ours, difference.theirs
    own = ours or request
    insutype = ours.account.insutype if ours else ""
    return Case(
        day=day,
        account=Account(book.org_code, insutype, book.clr_type, book.setl_optins),
        kind=difference.kind,
        request_id=own.request_id if own else None,
        found_status="COMPLETED" if ours else (request.status if request else ""),
        msgid=(ours.msgid if ours else "") or (theirs.msgid if theirs else ""),
        setl_id=(ours.setl_id if ours else "") or (theirs.setl_id if theirs else ""),
        mdtrt_id=(ours.mdtrt_id if ours else "") or (theirs.mdtrt_id if theirs else ""),
        psn_no=(ours.psn_no if ours else "") or (theirs.psn_no if theirs else ""),
        ours=ours.amounts if ours else _UNKNOWN,
        theirs=theirs.amounts if theirs else _UNKNOWN,
        differing=difference.differing,
        words=theirs.memo if theirs else "",
    )


def _plain(amount: Decimal | None) -> str:
    """Write an amount so that 2.5 and 2.50 are one."""
    return "" if amount is None else f"{amount.normalize():f}"
