"""Sign-ins over ODBC: each verb is one call of one routine."""

from __future__ import annotations

from typing import Any

from mi_bridge.domain.sign_in import SignInDecision, SignInReply, SignInResult, SignInRow, SignInWish
from mi_bridge.store.connection import DatabaseConnection


class OdbcSignInStore:
    """Implements ``SignInStore`` on a ``DatabaseConnection``.

    Args:
        connection: used by one thread at a time; closed by ``close``.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def take_sign_in(self, node_id: str, wish: SignInWish) -> SignInReply:
        """Return the shared number, or the right to sign in; see ``SignInStore``."""
        row = self._connection.call(
            "sp_mi_sign_in_take",
            node_id,
            wish.org_code,
            wish.opter,
            wish.seen_epoch,
            int(wish.may_sign),
            2 if wish.ordered else int(wish.worked),
            wish.pause_ms,
            wish.lease_seconds,
        )[0]
        return SignInReply(
            decision=SignInDecision(row[0]),
            epoch=row[1],
            sign_no=row[2] or "",
            proved=bool(row[3]),
            remaining_ms=row[4],
            message=row[5] or "",
            msgid_number=row[6],
            database_time_ms=row[7],
        )

    def finish_sign_in(self, node_id: str, result: SignInResult) -> bool:
        """Record what came of signing in; see ``SignInStore``."""
        return self._changed(
            "sp_mi_sign_in_finish",
            node_id,
            result.org_code,
            result.opter,
            result.epoch,
            result.sign_no,
            result.valid_seconds,
            result.message,
            result.retry_ms,
        )

    def prove_sign_in(self, org_code: str, opter: str, epoch: int) -> bool:
        """Record that the number worked; see ``SignInStore``."""
        return self._changed("sp_mi_sign_in_proved", org_code, opter, epoch)

    def adopt_sign_in(
        self, node_id: str, org_code: str, opter: str, sign_no: str, valid_seconds: int
    ) -> bool:
        """Take over a sign-in of HIS; see ``SignInStore``."""
        return self._changed("sp_mi_sign_in_adopt", node_id, org_code, opter, sign_no, valid_seconds)

    def end_sign_in(self, org_code: str, opter: str, sign_no: str) -> bool:
        """Forget a number that was signed out; see ``SignInStore``."""
        return self._changed("sp_mi_sign_in_end", org_code, opter, sign_no)

    def sign_ins(self) -> list[SignInRow]:
        """Return who is signed in; see ``SignInStore``."""
        rows = self._connection.call("sp_mi_sign_ins")
        return [
            SignInRow(row[0], row[1], row[2], bool(row[3]), row[4], row[5], row[6] or "", row[7] or "")
            for row in rows
        ]

    def take_msgid(self) -> int:
        """Return the number of a message; see ``SignInStore``."""
        return int(self._connection.call("sp_mi_take_msgids", 1)[0][0])

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep a job's term; see ``SignInStore``."""
        return self._changed("sp_mi_lead", job, node_id, seconds)

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``SignInStore``."""
        self._connection.call("sp_mi_condition", kind, subject, message)

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._connection.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _changed(self, routine: str, *parameters: Any) -> bool:
        rows = self._connection.call(routine, *parameters)
        return bool(rows and rows[0][0])
