"""Who is signed in: a sign-in number holds for its institution until it is signed out or the day ends.

How long one holds is nowhere stated; one calendar day follows from 9002's note that only the same day's sign-in can be ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in."""

    org_code: str
    day: date
    effect: int


class SignIns:
    """The sign-ins of all institutions, by their number."""

    def __init__(self) -> None:
        self._by_number: dict[str, SignIn] = {}

    def begin(self, number: str, sign_in: SignIn) -> None:
        """Enter a sign-in."""
        self._by_number[number] = sign_in

    def valid(self, number: str, org_code: str, today: date) -> SignIn | None:
        """Return the sign-in of a number, if it holds for the institution today."""
        found = self._by_number.get(number)
        return found if found and (found.org_code, found.day) == (org_code, today) else None

    def end(self, number: str) -> None:
        """End a sign-in."""
        del self._by_number[number]
