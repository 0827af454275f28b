"""A site that divides large messages, and what HIS uploads there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import visits
from his_desk import HisDesk
from mi_bridge.resources import folder

ROWS = 9
"""Rows the platform takes in one call."""


def write_profile(file: Path, *, rows: int = ROWS, on_refusal: str = "continue") -> Path:
    """Write the demo site's profile with rules that divide 2301 and 2204."""
    text = (folder("config") / "profiles" / "demo.toml").read_text("utf-8")
    rule = f'node = "feedetail"\nrows = {rows}\nbytes = 40000\non_refusal = "{on_refusal}"\n'
    text += f'\n[interfaces.2301.division]\n{rule}\n[interfaces.2204.division]\n{rule}keep_together = "chrg_bchno"\n'
    file.write_text(text, encoding="utf-8")
    return file


def admitted(his: HisDesk, number: int) -> tuple[str, str]:
    """Admit a person; return person and stay."""
    psn_no = visits.citizen(number)
    output = his.good("2401", visits.admission(psn_no, f"ZY{number:04d}"))
    return psn_no, str(output["result"]["mdtrt_id"])


def details(psn_no: str, mdtrt_id: str, count: int, **changed: Any) -> str:
    """Return 2301's input for so many rows as HIS writes it: amounts are numbers with two decimals."""
    rows = visits.fees(psn_no, mdtrt_id, *(["1.00"] * count))["feedetail"]
    for place, fields in changed.items():
        rows[int(place.removeprefix("row")) - 1] |= fields
    text = json.dumps({"feedetail": rows}, ensure_ascii=False)
    return text.replace('"det_item_fee_sumamt": "1.00"', '"det_item_fee_sumamt": 1.00')


def parts(his: HisDesk, request_id: int) -> list[tuple[Any, ...]]:
    """Return first row, last row and result of each part."""
    text = (
        "SELECT first_row, last_row, result_status FROM v_medical_insurance_parts"
        " WHERE request_id = ? ORDER BY part_no"
    )
    return [tuple(row) for row in his.sql.execute(text, request_id).fetchall()]


def uploaded(platform: Any, mdtrt_id: str) -> list[str]:
    """Return the numbers of the details that stand at the platform, in the order they came."""
    visits_there = platform.simulator.platform.centre.visits
    return [number for visit in visits_there if visit.mdtrt_id == mdtrt_id for number in visit.details]
