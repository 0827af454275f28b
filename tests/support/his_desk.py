"""HIS at its database: submits, waits, reads the result view; and a DBA beside it, who looks into the rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.his import HisAnswer, HisClient, HisConnection, HisOptions
from waiting import eventually

_OPEN = "PROCESSING"


@dataclass(frozen=True, slots=True)
class Line:
    """What HIS sees of one request in ``v_medical_insurance_result``."""

    request_id: int
    status: str
    result_status: str
    infcode: str | None
    err_msg: str | None
    response_data: str | None
    error_code: int | None
    error_message: str | None
    attempts: int
    msgid: str | None

    @property
    def answer(self) -> Any:
        """The insurer's answer, decimals kept."""
        return json.loads(self.response_data or "null", parse_float=Decimal)


class HisDesk:
    """One HIS user's connection.

    Args:
        connection_string: with the rights of HIS, or more.
    """

    def __init__(self, connection_string: str) -> None:
        self._client = HisClient(HisConnection(connection_string, Dialect.POSTGRESQL))
        self.sql = load_pyodbc().connect(connection_string, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self.sql.close()

    def queue(self, infno: str, content: Any, **options: Any) -> HisAnswer:
        """Submit by ``sp_medical_insurance_call``."""
        return self._client.call(infno, _text(content), HisOptions(**options))

    def submit(self, infno: str, content: Any, **options: Any) -> int:
        """Submit what must be taken, and return its number."""
        answer = self.queue(infno, content, **options)
        assert answer.request_id is not None, answer
        return answer.request_id

    def call_v2(self, infno: str, content: Any, *, timeout: int = 30, **options: Any) -> HisAnswer:
        """Submit by ``sp_medical_insurance_call_v2`` and wait."""
        return self._client.call_v2(infno, _text(content), HisOptions(timeout=timeout, **options))

    def wait(self, request_id: int, timeout: int = 30) -> HisAnswer:
        """Wait by ``sp_medical_insurance_wait``."""
        return self._client.wait(request_id, timeout)

    def good(self, infno: str, content: Any, **options: Any) -> Any:
        """Submit, wait, and return the output of an answer that must be a success."""
        answer = self.call_v2(infno, content, **options)
        assert answer.request_id is not None, answer
        line = self.line(answer.request_id)
        assert (answer.error_code, line.result_status) == (0, "SUCCESS"), (infno, line)
        return line.answer["output"]

    def refused(self, infno: str, content: Any, **options: Any) -> Line:
        """Submit, wait, and return the line of what the insurer must refuse."""
        answer = self.call_v2(infno, content, **options)
        assert answer.request_id is not None, answer
        line = self.line(answer.request_id)
        assert (answer.error_code, line.result_status) == (0, "BUSINESS_ERROR"), (infno, line)
        return line

    def line(self, request_id: int) -> Line:
        """Read the result view."""
        row = self.sql.execute(
            "SELECT request_id, status, result_status, infcode, err_msg, response_data, error_code, error_message,"
            " attempts, msgid FROM v_medical_insurance_result WHERE request_id = ?",
            request_id,
        ).fetchone()
        return Line(*row)

    def ended(self, request_id: int, *, limit_s: float = 40.0) -> Line:
        """Read the result view until the request has ended."""
        eventually(
            lambda: self.line(request_id).result_status != _OPEN,
            f"the end of request {request_id}",
            limit_s=limit_s,
        )
        return self.line(request_id)

    def statuses(self) -> dict[int, str]:
        """Return every row's inner status."""
        return dict(self._rows("SELECT request_id, status FROM medical_insurance_requests"))

    def row(self, request_id: int) -> tuple[str, int, int, int]:
        """Return a row's inner status, epoch, sends and rescues."""
        text = "SELECT status, epoch, sends, rescues FROM medical_insurance_requests WHERE request_id = ?"
        return tuple(self.sql.execute(text, request_id).fetchone())

    def in_status(self, status: str) -> list[int]:
        """Return the requests of an inner status."""
        return [number for number, found in self.statuses().items() if found == status]

    def alerts(self) -> set[str]:
        """Return the active alerts' types."""
        return {row[0] for row in self._rows("SELECT alert_type FROM sp_check_medical_insurance_alerts()")}

    def nodes(self) -> dict[str, str]:
        """Return every node's own status."""
        return dict(self._rows("SELECT node_id, status FROM sdk_heartbeat"))

    def alive(self) -> bool:
        """Ask ``sp_check_sdk_service_status``."""
        return self._client.service_alive()

    def _rows(self, text: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.sql.execute(text).fetchall()]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
