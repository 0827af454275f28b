"""The comparison of our settlements with the platform's books: pure, and nothing is edited by it.

The platform has compared already: each row of its result says whether the two sides agree. That word is not taken alone, since
the rows carry amounts: what it calls equal and shows unequal is a difference, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mi_bridge.domain.settlement import Amounts, Settlement, SettlementKind


class DifferenceKind(StrEnum):
    """What is different."""

    ONLY_OURS = "ONLY_OURS"
    """We were told of a settlement the platform has not."""
    ONLY_THEIRS = "ONLY_THEIRS"
    """The platform has a settlement we were not told of."""
    AMOUNTS_DIFFER = "AMOUNTS_DIFFER"
    """Both have it, with other amounts."""
    UNEXPLAINED = "UNEXPLAINED"
    """The platform says it differs, and shows the very amounts we have."""
    TOTALS_DIFFER = "TOTALS_DIFFER"
    """Totals differ, and no details are to be had, or they show nothing."""
    NOT_COMPARABLE = "NOT_COMPARABLE"
    """Ours lacks an amount or its account, as what a person recorded does."""


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One row of the platform's result file.

    Args:
        psn_no: the patient.
        mdtrt_id, setl_id: the visit's and the settlement's number; empty where only the platform has it.
        msgid: the sender's message number.
        agrees: whether the platform calls the row equal (``stmt_rslt`` 0).
        refund: whether it is a refund.
        amounts: what it shows.
        memo: its words.
    """

    psn_no: str = field(repr=False)
    mdtrt_id: str
    setl_id: str
    msgid: str
    agrees: bool
    refund: bool
    amounts: Amounts
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One settlement on which the two sides do not agree.

    Args:
        kind: how.
        ours: what we were told; None where we were told nothing.
        theirs: what the platform shows; None where it shows nothing.
        differing: names of the amounts that are not equal.
    """

    kind: DifferenceKind
    ours: Settlement | None = None
    theirs: PlatformRow | None = None
    differing: tuple[str, ...] = ()


def compare(
    ours: Sequence[Settlement], theirs: Iterable[PlatformRow], *, lists_all: bool = True
) -> list[Difference]:
    """Return every difference between a book's settlements and the platform's result of them, ours first.

    Args:
        ours: what was uploaded.
        theirs: the result's rows.
        lists_all: whether the result repeats rows that agree; where it does not, a row it leaves out is one that agrees.
    """
    pairs, only_ours, only_theirs = _paired(ours, theirs)
    found = [difference for pair in pairs if (difference := _judged(*pair))]
    if lists_all:
        found += [Difference(DifferenceKind.ONLY_OURS, ours=row) for row in only_ours]
    return found + [Difference(DifferenceKind.ONLY_THEIRS, theirs=row) for row in only_theirs]


Pair = tuple[Settlement, PlatformRow]


def _paired(
    ours: Sequence[Settlement], theirs: Iterable[PlatformRow]
) -> tuple[list[Pair], list[Settlement], list[PlatformRow]]:
    """Pair by the settlement's number, then by the message's: a row only the platform has carries no other."""
    waiting: dict[str, list[Settlement]] = defaultdict(list)
    for row in ours:
        waiting[row.setl_id].append(row)
    pairs, unpaired = _pair_by(waiting, theirs, "setl_id")
    by_msgid: dict[str, list[Settlement]] = defaultdict(list)
    for row in (row for rows in waiting.values() for row in rows):
        by_msgid[row.msgid].append(row)
    more, only_theirs = _pair_by(by_msgid, unpaired, "msgid")
    return pairs + more, [row for rows in by_msgid.values() for row in rows], only_theirs


def _pair_by(
    waiting: dict[str, list[Settlement]], theirs: Iterable[PlatformRow], name: str
) -> tuple[list[Pair], list[PlatformRow]]:
    """Take the partner of each row out of those waiting under its key."""
    pairs: list[Pair] = []
    unpaired: list[PlatformRow] = []
    for row in theirs:
        key = getattr(row, name)
        candidates = waiting.get(key) if key else None
        if not candidates:
            unpaired.append(row)
            continue
        partner = min(candidates, key=lambda one: _distance(one, row))
        candidates.remove(partner)
        pairs.append((partner, row))
    return pairs, unpaired


def _distance(ours: Settlement, theirs: PlatformRow) -> tuple[bool, bool, int]:
    """Order candidates: a refund may carry the number of the settlement it takes back."""
    refund = ours.kind is SettlementKind.REFUND
    return (
        refund is not theirs.refund,
        bool(theirs.msgid) and ours.msgid != theirs.msgid,
        len(ours.amounts.differing(theirs.amounts)),
    )


def _judged(ours: Settlement, theirs: PlatformRow) -> Difference | None:
    differing = ours.amounts.differing(theirs.amounts)
    if differing:
        return Difference(DifferenceKind.AMOUNTS_DIFFER, ours, theirs, differing)
    if theirs.agrees:
        return None
    # what the platform has not, it can show no amounts of
    kind = DifferenceKind.ONLY_OURS if theirs.amounts.empty else DifferenceKind.UNEXPLAINED
    return Difference(kind, ours, theirs)
