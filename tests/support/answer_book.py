"""Settling requests and their answers, written into the database as the bridge leaves them behind."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

ORG = "H99010100001"
DAY = date(2026, 3, 1)


class AnswerBook:
    """Answers of the platform, written as the bridge leaves them behind."""

    def __init__(self, sql: Any) -> None:
        self._sql = sql
        self._number = 0

    def answer(
        self,
        code: str = "2207",
        *,
        status: str = "COMPLETED",
        outcome: str = "OK",
        asked: Any = None,
        told: Any = None,
        msgid: str | None = "",
        text: str | None = None,
        age: str = "0 days",
    ) -> tuple[int, str]:
        """One request and its answer; returns the request's and the message's number."""
        self._number += 1
        msgid = f"{ORG}20260301120000{self._number:04d}" if msgid == "" else msgid
        request = self._sql.execute(
            "INSERT INTO medical_insurance_requests (interface_code, org_code, input_data, status, money_class, queue_rank,"
            " create_time, update_time, expires_at) VALUES (?, ?, ?, ?, 'M', 0, now(), now(), now()) RETURNING request_id",
            code, ORG, json.dumps(asked or {}), status,
        ).fetchone()[0]  # fmt: skip
        body = text or json.dumps({"infcode": 0, "output": told and {"setlinfo": told}})
        self._sql.execute(
            "INSERT INTO medical_insurance_responses (request_id, response_data, infcode, outcome, msgid, create_time)"
            f" VALUES (?, ?, '0', ?, ?, now() - interval '{age}')",
            request, body, outcome, msgid,
        )  # fmt: skip
        return request, msgid or ""


def told(setl_id: str, total: str = "100.00", **fields: Any) -> dict[str, Any]:
    return {
        "setl_id": setl_id, "mdtrt_id": f"v{setl_id}", "psn_no": "990101198001016571", "insutype": "310", "clr_type": "11",
        "clr_way": "1", "clr_optins": "990101", "setl_time": f"{DAY} 09:30:00", "medfee_sumamt": Decimal(total).__float__(),
        "fund_pay_sumamt": 60.5, "acct_pay": "10.00", "psn_cash_pay": 29.5, **fields,
    }  # fmt: skip
