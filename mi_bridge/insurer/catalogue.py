"""The catalogue of transactions: what each code is called, what it may do, how its input is laid out.

The facts live in ``config/catalogue/transactions.csv``; the README beside that file gives the rule behind every class.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import CatalogueError, UnknownInterface
from mi_bridge.resources import folder

REVERSAL = "2601"


class Kind(StrEnum):
    """What a transaction is for."""

    QUERY = "query"
    """Reads one thing that must be there."""
    SEARCH = "search"
    """Reads any number of things; finding none is an answer."""
    DOWNLOAD = "download"
    """Fetches a catalogue, a document or a file."""
    TRIAL = "trial"
    """Computes a settlement without making it."""
    UPLOAD = "upload"
    """Hands over records."""
    CHANGE = "change"
    """Changes something at the insurer."""
    UNDO = "undo"
    """Takes back what another transaction did."""
    SESSION = "session"
    """Signs in or out."""
    INBOUND = "inbound"
    """The platform calls the hospital; the hospital cannot send it."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of the platform, as this site speaks it.

    Args:
        infno: its code, four characters or more (``2207``, ``2203A``, ``100001``).
        name: its Chinese name.
        group: the business it belongs to, in Chinese.
        kind: what it is for.
        money_class: how dangerous a second execution is.
        ordered: whether requests of one patient or visit must run one at a time.
        input_nodes: names of the nodes its input is made of; empty when the fields stand directly in ``input``.
        list_nodes: those of the input nodes that hold an array of objects.
        either_nodes: those that hold an object or an array; they are sent as HIS wrote them.
        output_node: the key an answer with infcode 0 cannot be without; empty when none is expected.
        reversed_by: ``2601`` where it can reverse this transaction, else empty.
        cancelled_by: the transaction made to cancel this one, else empty.
        enabled: whether this site may send it.
    """

    infno: str
    name: str
    group: str
    kind: Kind
    money_class: MoneyClass
    ordered: bool = False
    input_nodes: tuple[str, ...] = ()
    list_nodes: tuple[str, ...] = ()
    either_nodes: tuple[str, ...] = ()
    output_node: str = ""
    reversed_by: str = ""
    cancelled_by: str = ""
    enabled: bool = True


_FIELDS = frozenset(field.name for field in fields(Transaction))


class Catalogue:
    """Every transaction known here, by code.

    Args:
        transactions: one per code.
    """

    def __init__(self, transactions: Iterable[Transaction]) -> None:
        self._by_code = {transaction.infno: transaction for transaction in transactions}

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read a catalogue; without a path the one shipped with mi-bridge, read once per process.

        Raises:
            CatalogueError: the file is missing or a row in it is wrong; the message names file, line and column.
        """
        return cls(_read(path or folder("config") / "catalogue" / "transactions.csv"))

    def get(self, infno: str) -> Transaction:
        """Return the transaction with this code.

        Raises:
            UnknownInterface: the code is unknown, switched off at this site, or only the platform may send it.
        """
        transaction = self._by_code.get(infno)
        if transaction is None:
            raise UnknownInterface(f"交易编号 {_shown(infno)} 不在目录中。请核对接口编码。")
        if transaction.enabled:
            return transaction
        if transaction.kind is Kind.INBOUND:
            raise UnknownInterface(f"交易 {infno}（{transaction.name}）由医保平台发起，医院不能调用。")
        raise UnknownInterface(
            f"交易 {infno}（{transaction.name}）在本院未启用。请在站点配置中启用后再调用。"
        )

    def __iter__(self) -> Iterator[Transaction]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def __contains__(self, infno: object) -> bool:
        return infno in self._by_code

    def with_overrides(
        self, overrides: Mapping[str, Mapping[str, Any]], *, reversible: Iterable[str] | None = None
    ) -> Catalogue:
        """Return this catalogue with a site's own facts on top.

        Args:
            overrides: by code, the fields of `Transaction` that differ; a code nobody knows becomes a new transaction,
                of class N unless said otherwise.
            reversible: the codes 2601 may reverse at this site; None keeps what the catalogue says. A listed code is of
                class M unless overridden; one that is not listed loses 2601, and its class M where no cancel is left.

        Raises:
            CatalogueError: an override names no such field, or a reversible code is unknown.
        """
        changed = {infno: _unknown(infno) for infno in overrides} | self._by_code
        if reversible is not None:
            changed = _with_reversible(changed, frozenset(reversible))
        for infno, values in overrides.items():
            changed[infno] = _overridden(changed[infno], values)
        return Catalogue(changed.values())


def _with_reversible(known: dict[str, Transaction], reversible: frozenset[str]) -> dict[str, Transaction]:
    unknown = reversible - known.keys()
    if unknown:
        raise CatalogueError("reversible", f"lists unknown codes {', '.join(sorted(unknown))}")
    return {
        infno: _reversible(transaction) if infno in reversible else _irreversible(transaction)
        for infno, transaction in known.items()
    }


def _reversible(transaction: Transaction) -> Transaction:
    return replace(transaction, reversed_by=REVERSAL, money_class=MoneyClass.MONEY)


def _irreversible(transaction: Transaction) -> Transaction:
    stranded = transaction.money_class is MoneyClass.MONEY and not transaction.cancelled_by
    money_class = MoneyClass.NEVER if stranded else transaction.money_class
    return replace(transaction, reversed_by="", money_class=money_class)


def _unknown(infno: str) -> Transaction:
    return Transaction(
        infno=infno, name=infno, group="地方交易", kind=Kind.CHANGE, money_class=MoneyClass.NEVER
    )


def _overridden(transaction: Transaction, values: Mapping[str, Any]) -> Transaction:
    wrong = values.keys() - _FIELDS
    if wrong:
        raise CatalogueError(f"interfaces.{transaction.infno}", f"has no field {', '.join(sorted(wrong))}")
    return replace(transaction, **values)


def _shown(infno: str) -> str:
    text = infno[:20]
    return text if text.isprintable() and text else "（空或不可显示）"


@cache
def _read(path: Path) -> tuple[Transaction, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as fault:
        raise CatalogueError(str(path), f"cannot be read ({fault.strerror})") from fault
    transactions = tuple(_row(path, number, row) for number, row in enumerate(rows, start=2))
    _refuse_duplicates(path, transactions)
    return transactions


def _refuse_duplicates(path: Path, transactions: tuple[Transaction, ...]) -> None:
    seen: set[str] = set()
    for transaction in transactions:
        if transaction.infno in seen:
            raise CatalogueError(str(path), f"lists {transaction.infno} twice")
        seen.add(transaction.infno)


def _row(path: Path, line: int, row: Mapping[str, str]) -> Transaction:
    try:
        return _transaction(row)
    except (KeyError, ValueError, AttributeError) as fault:
        raise CatalogueError(f"{path}, line {line}", f"is wrong ({fault})") from fault


def _transaction(row: Mapping[str, str]) -> Transaction:
    kind = Kind(row["kind"])
    return Transaction(
        infno=row["infno"],
        name=row["name"],
        group=row["group"],
        kind=kind,
        money_class=MoneyClass(row["money_class"]),
        ordered=row["ordered"] == "yes",
        input_nodes=_names(row["input_nodes"]),
        list_nodes=_names(row["list_nodes"]),
        either_nodes=_names(row["either_nodes"]),
        output_node=row["output_node"],
        reversed_by=row["reversed_by"],
        cancelled_by=row["cancelled_by"],
        enabled=kind is not Kind.INBOUND,
    )


def _names(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(";")) if cell else ()
