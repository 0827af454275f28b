"""Sign-ins as the bridge sees them in the database: a few verbs, as for requests."""

from __future__ import annotations

from typing import Protocol

from mi_bridge.domain.sign_in import SignInReply, SignInResult, SignInRow, SignInWish


class SignInStore(Protocol):
    """One connection's worth of sign-ins, used by one thread; every method may raise ``StoreError`` and may be repeated."""

    def take_sign_in(self, node_id: str, wish: SignInWish) -> SignInReply:
        """Return the number all nodes share, or the right to sign in, or why there is neither."""
        ...

    def finish_sign_in(self, node_id: str, result: SignInResult) -> bool:
        """Record what came of signing in; tell whether the right to it was still the node's."""
        ...

    def prove_sign_in(self, org_code: str, opter: str, epoch: int) -> bool:
        """Record that the platform has taken the number, which ends its alert; tell whether it is the one in use."""
        ...

    def adopt_sign_in(
        self, node_id: str, org_code: str, opter: str, sign_no: str, valid_seconds: int
    ) -> bool:
        """Take over a sign-in that HIS made, as the newest; tell whether it was news."""
        ...

    def end_sign_in(self, org_code: str, opter: str, sign_no: str) -> bool:
        """Forget a number that was signed out; tell whether it was the one in use."""
        ...

    def sign_ins(self) -> list[SignInRow]:
        """Return who is signed in, without the numbers."""
        ...

    def take_msgid(self) -> int:
        """Return the number of a message, never given twice."""
        ...

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep the term of a job that runs once per cluster; tell whether the node leads it."""
        ...

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition for the alerts, or its end with an empty message."""
        ...

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...
