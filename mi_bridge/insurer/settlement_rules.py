"""Which transactions settle, and how the files of 3202 are laid out: data, see ``config/catalogue/settlements.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mi_bridge.domain.settlement import SettlementKind
from mi_bridge.errors import CatalogueError
from mi_bridge.resources import folder

_UPLOAD = frozenset(
    {"setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag"}
)
_RESULT = _UPLOAD | {"msgid", "stmt_rslt", "memo"}


class SettlementRules(BaseModel):
    """The data file, checked.

    Args:
        settlements, refunds, reversals: codes of transactions.
        upload_columns, result_columns: of the two files of 3202, in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settlements: tuple[str, ...]
    refunds: tuple[str, ...]
    reversals: tuple[str, ...]
    upload_columns: tuple[str, ...]
    result_columns: tuple[str, ...]

    @model_validator(mode="after")
    def _known_columns(self) -> SettlementRules:
        for name, known in (("upload_columns", _UPLOAD), ("result_columns", _RESULT)):
            columns = getattr(self, name)
            if sorted(columns) != sorted(known):
                raise ValueError(f"{name} must hold each of {', '.join(sorted(known))} once")
        return self

    @property
    def kinds(self) -> dict[str, SettlementKind]:
        """What each transaction's success is, by code."""
        groups = (
            (self.settlements, SettlementKind.SETTLEMENT),
            (self.refunds, SettlementKind.REFUND),
            (self.reversals, SettlementKind.REVERSAL),
        )
        return {code: kind for codes, kind in groups for code in codes}


@cache
def load_settlement_rules(path: Path | None = None) -> SettlementRules:
    """Load the rules.

    Raises:
        CatalogueError: the file cannot be read or is not complete.
    """
    file = path or folder("config") / "catalogue" / "settlements.toml"
    try:
        return SettlementRules.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as fault:
        raise CatalogueError(
            str(file), f"cannot be used ({fault})", remedy="Compare it with the shipped file."
        ) from None
