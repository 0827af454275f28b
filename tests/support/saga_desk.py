"""HIS's side of sagas: what it hands over, how it waits, and what it reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import visits
from mi_bridge.store.driver import load_pyodbc

# the amount as HIS writes it; a float would lose the last digit
AMOUNT = "100.50"


@dataclass(frozen=True, slots=True)
class SagaLine:
    """One line of ``v_medical_insurance_saga``."""

    status: str
    current_step: str | None
    steps: tuple[tuple[str, str, int, str, str], ...]
    error_code: int | None
    error_message: str | None
    advice: str


class SagaDesk:
    """One HIS user's connection.

    Args:
        connection_string: with the rights of HIS, or more.
    """

    def __init__(self, connection_string: str) -> None:
        self.sql = load_pyodbc().connect(connection_string, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sql.close()

    def submit(self, code: str, content: Any, **fields: Any) -> int:
        """Queue a saga and return its number."""
        text = content if isinstance(content, str) else written(content)
        named = "".join(f", {name} => ?" for name in fields)
        row = self.sql.execute(
            f"CALL sp_medical_insurance_saga(saga_code => ?, input_data => ?{named})",
            code,
            text,
            *fields.values(),
        ).fetchone()
        return int(row[0])

    def wait(self, saga_id: int | None, timeout: int = 60) -> tuple[str | None, int, str]:
        """Wait; return result, code and message."""
        row = self.sql.execute("CALL sp_medical_insurance_saga_wait(?, ?)", saga_id, timeout).fetchone()
        return row[0], row[1], row[2]

    def resolve(
        self, saga_id: int, decision: str, operator: str = "张主任", reason: str = "已核对"
    ) -> tuple[int, str]:
        """Decide as a person; return code and message."""
        row = self.sql.execute(
            "CALL sp_medical_insurance_saga_resolve(?, ?, ?, ?)", saga_id, decision, operator, reason
        ).fetchone()
        return row[0], row[1]

    def see(self, saga_id: int) -> SagaLine:
        """Read the view."""
        row = self.sql.execute(
            "SELECT status, current_step, steps, error_code, error_message, advice"
            " FROM v_medical_insurance_saga WHERE saga_id = ?",
            saga_id,
        ).fetchone()
        names = ("step", "direction", "attempt", "interface_code", "status")
        steps = tuple(tuple(step[name] for name in names) for step in json.loads(row[2] or "[]"))
        return SagaLine(row[0], row[1], steps, *row[3:])

    def status(self, saga_id: int) -> str:
        """Read the row's status."""
        return str(
            self.sql.execute(
                "SELECT status FROM medical_insurance_sagas WHERE saga_id = ?", saga_id
            ).fetchone()[0]
        )

    def requests(self, saga_id: int) -> list[tuple[str, int, str]]:
        """Return the saga's requests as the business keys name them: code, number, status."""
        rows = self.sql.execute(
            "SELECT interface_code, request_id, status FROM medical_insurance_requests"
            " WHERE business_key LIKE ? ORDER BY request_id",
            f"saga:{saga_id}:%",
        ).fetchall()
        return [tuple(row) for row in rows]


def written(content: dict[str, Any]) -> str:
    """Return an input as JSON, its amount as a number with both decimals."""
    return json.dumps(content, ensure_ascii=False).replace(f'"#{AMOUNT}"', AMOUNT)


def outpatient(number: int) -> dict[str, Any]:
    """Return the input of an outpatient saga of one of 999 invented people."""
    psn_no = visits.citizen(number)
    registration = visits.registration(psn_no, f"OP{number}")
    shared = ("psn_no", "insutype", "begntime", "mdtrt_cert_type", "mdtrt_cert_no", "ipt_otp_no")
    return {
        **{name: registration.pop(name) for name in shared},
        "med_type": "11",
        "chrg_bchno": "B1",
        "medfee_sumamt": f"#{AMOUNT}",
        "register": registration,
        "diagnoses": visits.diagnosis(psn_no, "")["diseinfo"],
        "fees": _fees(psn_no),
        "settle": {"psn_setlway": "01", "acct_used_flag": "0"},
    }


def inpatient(number: int) -> dict[str, Any]:
    """Return the input of an inpatient saga of one of 999 invented people."""
    psn_no = visits.citizen(number)
    admission = visits.admission(psn_no, f"IP{number}")
    stay = admission["mdtrtinfo"]
    shared = ("psn_no", "insutype", "mdtrt_cert_type", "mdtrt_cert_no", "med_type", "ipt_no")
    discharge = visits.discharge(psn_no, "")
    return {
        **{name: stay.pop(name) for name in shared},
        "medfee_sumamt": f"#{AMOUNT}",
        "admit": stay,
        "admission_diagnoses": admission["diseinfo"],
        "fees": _fees(psn_no),
        "discharge": {"endtime": discharge["dscginfo"]["endtime"]},
        "discharge_diagnoses": discharge["diseinfo"],
        "settle": {"psn_setlway": "01", "acct_used_flag": "0", "mid_setl_flag": "0"},
    }


def _fees(psn_no: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = visits.fees(psn_no, "", AMOUNT)["feedetail"]
    return [
        {name: value for name, value in row.items() if name not in ("mdtrt_id", "psn_no")} for row in rows
    ]
