"""What an item is, and which part of its price is covered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from mi_bridge.simulator.draws import choose
from mi_bridge.simulator.fund import Costs
from mi_bridge.simulator.money import ZERO, cents
from mi_bridge.simulator.tables import read_toml

_NOT_COVERED = "03"  # chrgitm_lv 丙类


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of ``chrgitm_lv``: how often it is drawn, and the share the person pays first."""

    weight: int
    selfpay: Decimal


class Unapproved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of ``hosp_appr_flag`` that take an item out of cover."""

    flags: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What items whose national code begins with a prefix are; the price limit in yuan."""

    prefix: str
    med_chrgitm_type: str
    list_type: str
    price_limit: Decimal


class ItemsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``items.toml``."""

    levels: dict[str, Level]
    unapproved: Unapproved
    kind: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Grading:
    """How one detail is covered; field names are the platform's (2204, node result)."""

    costs: Costs
    chrgitm_lv: str
    selfpay_prop: Decimal
    kind: Kind


class Items:
    """Grades details by the code of their item.

    Args:
        file: the data file.
        seed: the simulator's seed; another seed gives the codes other levels.
    """

    def __init__(self, file: ItemsFile, seed: int) -> None:
        self._file = file
        self._seed = seed
        self._lots = [name for name, level in file.levels.items() for _ in range(level.weight)]

    @classmethod
    def load(cls, folder: Path, seed: int) -> Items:
        """Read ``items.toml`` of a folder.

        Raises:
            ConfigurationError: the file is missing or malformed.
        """
        return cls(read_toml(folder / "items.toml", ItemsFile), seed)

    def grade(self, code: str, *, total: Decimal, price: Decimal, approval: str) -> Grading:
        """Return how a detail is covered.

        Args:
            code: the item's national code, ``med_list_codg``.
            total: what the detail costs, in yuan; negative when it takes back an earlier one.
            price: the price of one, in yuan; the part above the limit is the person's.
            approval: ``hosp_appr_flag``.
        """
        kind = next(one for one in self._file.kind if code.startswith(one.prefix))
        name = _NOT_COVERED if approval in self._file.unapproved.flags else self._level(code)
        share = self._file.levels[name].selfpay
        over = _part_over_limit(total, price, kind.price_limit)
        covered = total - over
        if name == _NOT_COVERED:
            return Grading(Costs(total, covered, over, ZERO, ZERO), name, share, kind)
        first = cents(covered * share)
        return Grading(Costs(total, ZERO, over, first, covered - first), name, share, kind)

    def _level(self, code: str) -> str:
        return choose(self._lots, self._seed, "level", code)


def _part_over_limit(total: Decimal, price: Decimal, limit: Decimal) -> Decimal:
    return cents(total * (price - limit) / price) if price > limit else ZERO
