"""The numbers the platform gives out; the same seed and the same requests give the same numbers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from mi_bridge.simulator.draws import draw


class Numbering:
    """Counts up, one series for each kind of number, from a start that follows from the seed.

    Args:
        seed: the simulator's seed.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._given: Counter[str] = Counter()

    def _next(self, series: str, digits: int) -> str:
        self._given[series] += 1
        start = draw(10 ** (digits - 2), self._seed, series)
        return str(start + self._given[series]).zfill(digits)

    def visit(self) -> str:
        """Return the next ``mdtrt_id``."""
        return "99" + self._next("visit", 13)

    def settlement(self) -> str:
        """Return the next ``setl_id``."""
        return "99" + self._next("settlement", 13)

    def sign_in(self) -> str:
        """Return the next ``sign_no``: six digits, as live answers have it."""
        return self._next("sign_in", 6)

    def serial(self) -> str:
        """Return the next 异常流水号."""
        return self._next("serial", 10)

    def message(self, area: str, moment: datetime) -> str:
        """Return the next ``inf_refmsgid``: area (6), time (14), sequence (10)."""
        return f"{area[:6]:0<6}{moment:%Y%m%d%H%M%S}{self._next('message', 10)}"
