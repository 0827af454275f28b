"""Who is signed in: a sign-in number holds for its institution until it is signed out or the day ends.

How long one holds is nowhere stated; one calendar day follows from 9002's note that only the same day's sign-in can be ended.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in."""

    org_code: str
    day: date
    effect: int


class SignIns:
    """The sign-ins of all institutions, by their number.

    Args:
        password: the operators', where 9001 must bring MD5(currenttime + password); empty checks none.
    """

    def __init__(self, password: str = "") -> None:
        self._by_number: dict[str, SignIn] = {}
        self._password = password
        self.refusal = ""
        """How 9001 is refused; empty takes it."""

    def knows_password(self, digest: str, time: str) -> bool:
        """Tell whether a digest of time and password is right, in either case."""
        if not self._password:
            return True
        wanted = hashlib.md5(f"{time}{self._password}".encode(), usedforsecurity=False).hexdigest()
        return digest.lower() == wanted

    def begin(self, number: str, sign_in: SignIn) -> None:
        """Enter a sign-in."""
        self._by_number[number] = sign_in

    def valid(self, number: str, org_code: str, today: date) -> SignIn | None:
        """Return the sign-in of a number, if it holds for the institution today."""
        found = self._by_number.get(number)
        return found if found and (found.org_code, found.day) == (org_code, today) else None

    def expire(self, org_code: str = "") -> int:
        """Forget all sign-ins, or one institution's, as platforms do whenever they like; return how many that were."""
        gone = [number for number, one in self._by_number.items() if org_code in ("", one.org_code)]
        for number in gone:
            del self._by_number[number]
        return len(gone)

    def end(self, number: str) -> None:
        """End a sign-in."""
        del self._by_number[number]
