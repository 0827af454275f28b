"""The sign-ins all nodes share, in memory: the same guards as the routines'."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from mi_bridge.domain.sign_in import SignInDecision, SignInReply, SignInResult, SignInRow, SignInWish
from mi_bridge.store.memory import MemoryDatabase

_CONDITION = "SIGN_IN_FAILED"


@dataclasses.dataclass(slots=True)
class _Row:
    """One operator; times are seconds since 1970."""

    epoch: int = 0
    state: str = "NONE"
    sign_no: str = dataclasses.field(default="", repr=False)
    proved: bool = False
    node_id: str = ""
    lease_until: float = 0.0
    sign_time: float | None = None
    valid_until: float = 0.0
    retry_at: float = 0.0
    message: str = ""

    def holds(self, now: float) -> bool:
        """Tell whether there is a number, and its time is not over."""
        return self.state == "SIGNED_IN" and self.valid_until > now


class MemorySignIns:
    """What the ``sp_mi_sign_in_…`` routines do, on a ``MemoryDatabase``; shared by any number of stores.

    Args:
        database: whose clock, nodes and message numbers count.
    """

    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database
        self._rows: dict[tuple[str, str], _Row] = {}

    def connect(self, attend: str = "") -> MemorySignInStore:
        """Return a store for one thread; with a node's name it keeps that node alive until it is closed."""
        return MemorySignInStore(self, attend)

    def row(self, org_code: str, opter: str) -> _Row:
        """Return an operator's row, made when it is not there."""
        return self._rows.setdefault((org_code, opter), _Row())

    def decide(self, row: _Row, node_id: str, wish: SignInWish) -> SignInDecision:
        """Return what ``sp_mi_sign_in_take`` decides."""
        now = self.database.now()
        if row.holds(now) and row.epoch > wish.seen_epoch:
            return SignInDecision.TAKE
        if not wish.may_sign:
            return SignInDecision.NONE
        if wish.ordered:
            return self._contend(row, node_id)
        young = row.sign_time is not None and row.sign_time > now - wish.pause_ms / 1000
        if row.holds(now) and not row.proved and not wish.worked and young:
            return SignInDecision.KEEP
        if row.state == "FAILED" and row.retry_at > now:
            return SignInDecision.FAILED
        return self._contend(row, node_id)

    def begin(self, row: _Row, node_id: str, lease_seconds: int) -> None:
        """Give the right to sign in."""
        row.state, row.sign_no, row.proved, row.node_id = "SIGNING", "", False, node_id
        row.epoch += 1
        row.lease_until = self.database.now() + lease_seconds
        row.valid_until = row.retry_at = 0.0

    def listed(self) -> list[SignInRow]:
        """Return what ``sp_mi_sign_ins`` does."""
        return [
            _shown(org, opter, row, self.database.now()) for (org, opter), row in sorted(self._rows.items())
        ]

    def _contend(self, row: _Row, node_id: str) -> SignInDecision:
        held = row.state == "SIGNING" and row.lease_until > self.database.now() and row.node_id != node_id
        alive = self.database.tables.attending.get(row.node_id, 0) > 0
        return SignInDecision.WAIT if held and alive else SignInDecision.SIGN


class MemorySignInStore:
    """Implements ``SignInStore`` in memory.

    Args:
        shared: the rows, shared with other stores.
        attend: the node that lives as long as this store does; empty for none.
    """

    def __init__(self, shared: MemorySignIns, attend: str = "") -> None:
        self._shared = shared
        self._database = shared.database
        self._requests = shared.database.connect(attend)

    def take_sign_in(self, node_id: str, wish: SignInWish) -> SignInReply:
        """Return the shared number, or the right to sign in; see ``SignInStore``."""
        with self._database.changed:
            row, now = self._shared.row(wish.org_code, wish.opter), self._database.now()
            decision = self._shared.decide(row, node_id, wish)
            first = 0
            if decision is SignInDecision.SIGN:
                first = self._database.tables.take_msgids(1)
                self._shared.begin(row, node_id, wish.lease_seconds)
            until = {
                SignInDecision.TAKE: row.valid_until,
                SignInDecision.FAILED: row.retry_at,
                SignInDecision.SIGN: row.lease_until,
                SignInDecision.WAIT: row.lease_until,
            }.get(decision, now)
            return SignInReply(
                decision,
                row.epoch,
                row.sign_no if decision is SignInDecision.TAKE else "",
                row.proved,
                int((until - now) * 1000),
                row.message if decision is SignInDecision.FAILED else "",
                first,
                int(now * 1000),
            )

    def finish_sign_in(self, node_id: str, result: SignInResult) -> bool:
        """Record what came of signing in; see ``SignInStore``."""
        with self._database.changed:
            row, now = self._shared.row(result.org_code, result.opter), self._database.now()
            mine = (row.epoch, row.node_id) == (result.epoch, node_id)
            if not mine or row.state not in ("SIGNING", "SIGNED_IN", "FAILED"):
                return False
            row.state = "SIGNED_IN" if result.sign_no else "FAILED"
            row.sign_no = result.sign_no
            row.sign_time = now if result.sign_no else None
            row.valid_until = now + result.valid_seconds
            row.retry_at = now + result.retry_ms / 1000
            row.message = "" if result.sign_no else result.message[:500]
            return True

    def prove_sign_in(self, org_code: str, opter: str, epoch: int) -> bool:
        """Record that the number worked; see ``SignInStore``."""
        with self._database.changed:
            row = self._shared.row(org_code, opter)
            if (row.state, row.epoch) != ("SIGNED_IN", epoch):
                return False
            row.proved = True
            self._database.conditions.pop((_CONDITION, f"{org_code} {opter}"), None)
            return True

    def adopt_sign_in(
        self, node_id: str, org_code: str, opter: str, sign_no: str, valid_seconds: int
    ) -> bool:
        """Take over a sign-in of HIS; see ``SignInStore``."""
        with self._database.changed:
            row, now = self._shared.row(org_code, opter), self._database.now()
            if row.holds(now) and row.sign_no == sign_no:
                return False
            row.state, row.sign_no, row.proved, row.node_id = "SIGNED_IN", sign_no, False, node_id
            row.epoch += 1
            row.sign_time, row.valid_until, row.message = now, now + valid_seconds, ""
            return True

    def end_sign_in(self, org_code: str, opter: str, sign_no: str) -> bool:
        """Forget a number that was signed out; see ``SignInStore``."""
        with self._database.changed:
            row = self._shared.row(org_code, opter)
            if row.state != "SIGNED_IN" or row.sign_no != sign_no:
                return False
            row.state, row.sign_no, row.proved = "SIGNED_OUT", "", False
            row.epoch += 1
            return True

    def sign_ins(self) -> list[SignInRow]:
        """Return who is signed in; see ``SignInStore``."""
        with self._database.changed:
            return self._shared.listed()

    def take_msgid(self) -> int:
        """Return the number of a message; see ``SignInStore``."""
        return self._database.take_msgids(1)

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep a job's term; see ``SignInStore``."""
        return self._requests.lead(job, node_id, seconds)

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``SignInStore``."""
        self._requests.condition(kind, subject, message)

    def stop(self) -> None:
        """Nothing to do: memory is never lost."""

    def close(self) -> None:
        """Attend the node no longer."""
        self._requests.close()


def _shown(org_code: str, opter: str, row: _Row, now: float) -> SignInRow:
    expired = row.state == "SIGNED_IN" and not row.holds(now)
    signed = row.state == "SIGNED_IN"
    return SignInRow(
        org_code,
        opter,
        "EXPIRED" if expired else row.state,
        row.proved,
        datetime.fromtimestamp(row.sign_time, UTC) if row.sign_time is not None else None,
        datetime.fromtimestamp(row.valid_until, UTC) if signed else None,
        row.node_id,
        row.message,
    )
