"""What the check of a message costs: CPU of one look by field tables and quality rules, nothing sent, no database.

A 2301 with 500 fee details of every field, each with values that fit, and the small messages of the hot path.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.check.dictionary import find_dictionary
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.check.field import Field, FieldType
from mi_bridge.insurer.check.field_table import read_fields
from mi_bridge.insurer.input_text import InputText, read_input
from mi_bridge.insurer.nodes import NodeLayout
from mi_bridge.insurer.profile.checks import Checks
from scripts.bench_parts.figures import Figure, at_most
from scripts.bench_parts.stand import Stand

_DETAILS = 500
_FOLDER = Path(__file__).resolve().parent


def measure(_stand: Stand, *, rounds: int) -> Iterator[Figure]:
    """Look at each message so many times, and tell the milliseconds or microseconds of one look."""
    examiner = Examiner(Checks(mode="refuse"))
    details = {"feedetail": [_row(number) for number in range(_DETAILS)]}
    large = [_seconds(examiner, "2301", _input(details), 3) * 1e3 for _ in range(rounds)]
    yield Figure("checks.2301", f"check of a 2301 with {_DETAILS} details", "ms CPU", large, at_most(10))
    for infno in ("1101", "2207"):
        source = _input(json.loads((_FOLDER / f"input_{infno}.json").read_text(encoding="utf-8")))
        small = [_seconds(examiner, infno, source, 2000) * 1e6 for _ in range(rounds)]
        yield Figure(f"checks.{infno}", f"check of a {infno}", "µs CPU", small)
    first = [_first_look("2301") * 1e3 for _ in range(rounds)]
    yield Figure("checks.first", "reading a table before the first 2301", "ms CPU", first)


def _input(value: dict[str, Any]) -> InputText:
    return read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**8)


def _row(number: int) -> dict[str, Any]:
    return {field.name: _value(field, number) for field in read_fields("2301")} | {
        "feedetl_sn": str(number + 1)
    }


def _value(field: Field, number: int) -> Any:
    if field.dictionary:
        return min(find_dictionary(field.dictionary).values)
    values: dict[FieldType, Any] = {
        FieldType.TEXT: f"x{number % 90}",
        FieldType.NUMBER: number % 7 + 0.25,
        FieldType.DATE: "2026-01-02",
        FieldType.DATETIME: f"2026-01-{number % 28 + 1:02d} 10:{number % 60:02d}:00",
    }
    return values.get(field.type, "")


def _seconds(examiner: Examiner, infno: str, source: InputText, times: int) -> float:
    transaction = Catalogue.load().get(infno)
    layout = NodeLayout(transaction)
    examiner.examine(transaction, layout.parts(source))
    began = time.process_time()
    for _ in range(times):
        examiner.examine(transaction, layout.parts(source))
    return (time.process_time() - began) / times


def _first_look(infno: str) -> float:
    transaction = Catalogue.load().get(infno)
    parts = list(NodeLayout(transaction).parts(_input({"feedetail": []})))
    began = time.process_time()
    Examiner(Checks()).examine(transaction, parts)
    return time.process_time() - began
