"""Compares what became of sagas with the insurer's ledger: no step took effect twice, and what was undone is undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

# effects that stay a saga's own, and those that only end others
LASTING = {"2201", "2204", "2207", "2401", "2301", "2402", "2304"}
EXPECTED = {
    "outpatient": {"2201": 1, "2204": 1, "2207": 1},
    "inpatient": {"2401": 1, "2301": 1, "2402": 1, "2304": 1},
}


def differences(sagas: Mapping[str, tuple[str, str]], effects: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return in words where sagas and ledger disagree.

    Args:
        sagas: by patient, the saga's code and status; one saga each.
        effects: the ledger's.
    """
    standing: dict[str, Counter[str]] = {psn_no: Counter() for psn_no in sagas}
    made: dict[str, Counter[str]] = {psn_no: Counter() for psn_no in sagas}
    for effect in effects:
        if effect["infno"] not in LASTING or effect["psn_no"] not in sagas:
            continue
        made[effect["psn_no"]][effect["infno"]] += 1
        if effect["state"] == "applied":
            standing[effect["psn_no"]][effect["infno"]] += 1
    found = []
    for psn_no, (code, status) in sagas.items():
        if any(count > 1 for count in made[psn_no].values()):
            found.append(f"TWICE: {code} {status}: {dict(made[psn_no])}")
        wanted = {"COMPLETED": EXPECTED[code], "COMPENSATED": {}}.get(status)
        if wanted is None:
            found.append(f"NOT ENDED: {code} {status}: {dict(standing[psn_no])}")
        elif dict(standing[psn_no]) != wanted:
            found.append(f"DIFFERS: {code} {status}: standing {dict(standing[psn_no])}")
    return found
