"""The database as HIS sees it: queue, wait, cancel, read the result view. For trials, demonstrations and tests.

The calls' texts lie in ``sql/<dialect>/calls``: PostgreSQL's procedures answer through INOUT parameters, SQL Server's through
OUTPUT parameters selected in the same batch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from mi_bridge.errors import MalformedInput, SchemaError, StoreRejected
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection, Row
from mi_bridge.store.dialect import Dialect

# what sp_medical_insurance_call raises: the code, then the message for people
_RAISED = re.compile(r"(-1\d{3}) (.+?)(?:;| \(\d+\).*)?\.?$")
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class HisOptions:
    """The optional parameters of a submit; None leaves the database's default.

    Args:
        org_code: the organisation's national code.
        business_key: makes the submit idempotent.
        priority: 0 (first) to 9.
        serial_key: requests of one key run one at a time.
        timeout: how long it may stay unsent and, with ``_v2``, how long to wait, in seconds.
        retry_count: how many resends are allowed where resending is allowed at all.
        insuplc_admdvs: the area the patient is insured in.
        opter: the operator's code.
        opter_name: the operator's name.
        opter_type: 1 operator, 2 self-service terminal, 3 mobile terminal.
    """

    org_code: str | None = None
    business_key: str | None = None
    priority: int | None = None
    serial_key: str | None = None
    timeout: int | None = None
    retry_count: int | None = None
    insuplc_admdvs: str | None = None
    opter: str | None = field(default=None, repr=False)
    opter_name: str | None = field(default=None, repr=False)
    opter_type: str | None = None

    def parameters(self) -> tuple[str | int | None, ...]:
        """Return the values in the order of the calls' texts."""
        return (
            self.org_code,
            self.business_key,
            self.priority,
            self.serial_key,
            self.timeout,
            self.retry_count,
            self.insuplc_admdvs,
            self.opter,
            self.opter_name,
            self.opter_type,
        )


@dataclass(frozen=True, slots=True)
class HisAnswer:
    """What a procedure told HIS.

    Args:
        request_id: the request, None when none was queued.
        error_code: 0, or one of the contract's codes below zero.
        error_message: in Chinese, empty with 0.
        result: the insurer's whole answer as JSON text; None while there is none.
    """

    request_id: int | None
    error_code: int = 0
    error_message: str = ""
    result: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HisResult:
    """One line of ``v_medical_insurance_result``.

    Args:
        status: in the founding documents' words.
        result_status: SUCCESS, BUSINESS_ERROR, PROCESSING and so on.
        response_data: the insurer's whole answer as JSON text.
        infcode: the insurer's code.
        err_msg: the insurer's words, else ours.
    """

    status: str
    result_status: str
    response_data: str | None = field(repr=False)
    infcode: str | None
    err_msg: str | None


class HisConnection(DatabaseConnection):
    """A connection as HIS has it: a statement runs once, and never again by itself."""

    def ask(self, text: str, *parameters: Any, action: str) -> list[Row]:
        """Run a statement and return its rows.

        Raises:
            StoreError: it failed; a submit may or may not have been committed when the connection was lost.
        """
        return self._fetch(text, action, parameters)


class HisClient:
    """Calls the procedures of the HIS contract.

    Args:
        connection: with the role ``mi_his``, outside of a transaction.
    """

    def __init__(self, connection: HisConnection) -> None:
        self._connection = connection

    def call(self, interface_code: str, input_data: str, options: HisOptions | None = None) -> HisAnswer:
        """Queue a request by ``sp_medical_insurance_call`` and return at once; what it raises becomes a code.

        Raises:
            MalformedInput: a text holds what would not reach the database whole.
            StoreError: the database cannot be reached, or refuses for another reason than the request's.
        """
        try:
            row = self._ask("call", interface_code, input_data, *(options or HisOptions()).parameters())
        except StoreRejected as error:
            return _refused(error)
        return HisAnswer(int(row[0]))

    def call_v2(self, interface_code: str, input_data: str, options: HisOptions | None = None) -> HisAnswer:
        """Queue a request by ``sp_medical_insurance_call_v2`` and wait for its answer.

        Raises:
            MalformedInput: a text holds what would not reach the database whole.
            StoreError: the database cannot be reached, or refuses the call itself.
        """
        row = self._ask("call_v2", interface_code, input_data, *(options or HisOptions()).parameters())
        return HisAnswer(row[0], row[2], row[3] or "", row[1])

    def wait(self, request_id: int, timeout: int = 30) -> HisAnswer:
        """Wait for a request queued earlier, so many seconds at most.

        Raises:
            StoreError: the database cannot be reached.
        """
        row = self._ask("wait", request_id, timeout)
        return HisAnswer(request_id, row[1], row[2] or "", row[0])

    def cancel(self, request_id: int) -> HisAnswer:
        """Take back a request that was not sent.

        Raises:
            StoreError: the database cannot be reached.
        """
        row = self._ask("cancel", request_id)
        return HisAnswer(request_id, row[0], row[1] or "")

    def resolve(
        self, request_id: int, decision: str, *, operator: str, reason: str, setl_id: str | None = None
    ) -> HisAnswer:
        """Record a person's decision on a request that waits for one; needs the role ``mi_resolver``.

        Args:
            request_id: the request, in status MANUAL.
            decision: EFFECTIVE, NOT_EFFECTIVE or RETRY.
            operator: who decides.
            reason: on what ground.
            setl_id: the settlement's number at the insurer, where it took effect.

        Raises:
            StoreError: the database cannot be reached.
        """
        row = self._ask("resolve", request_id, decision, operator, reason, setl_id)
        return HisAnswer(request_id, row[0], row[1] or "")

    def close_case(self, case_id: int, *, operator: str, reason: str) -> HisAnswer:
        """Close a difference of the reconciliation; needs the role ``mi_resolver``.

        Args:
            case_id: the difference.
            operator: who closes it.
            reason: on what ground.

        Raises:
            StoreError: the database cannot be reached.
        """
        row = self._ask("reconciliation_close", case_id, operator, reason)
        return HisAnswer(None, row[0], row[1] or "")

    def result(self, request_id: int) -> HisResult | None:
        """Read the result view; None when there is no such request.

        Raises:
            StoreError: the database cannot be reached.
        """
        rows = self._rows("result", request_id)
        return HisResult(*rows[0]) if rows else None

    def service_alive(self) -> bool:
        """Ask ``sp_check_sdk_service_status`` whether any node lives.

        Raises:
            StoreError: the database cannot be reached.
        """
        return bool(self._connection.call("sp_check_sdk_service_status")[0][0])

    def interrupt(self) -> None:
        """End the call another thread is in; a request that it has queued stays queued."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _ask(self, name: str, *parameters: Any) -> Row:
        rows = self._rows(name, *parameters)
        if not rows:
            raise StoreRejected(f"{name}.sql returned no row.", remedy="The call was cancelled; try again.")
        return rows[0]

    def _rows(self, name: str, *parameters: Any) -> list[Row]:
        for value in parameters:
            if isinstance(value, str) and _UNSENDABLE.search(value):
                # ODBC would cut the text at a NUL without a word
                raise MalformedInput("参数错误：文本中含有空字符或孤立的代理字符，请去除后重新提交")
        text = call_text(self._connection.dialect, name)
        return self._connection.ask(text, *parameters, action=f"{name}.sql")


@cache
def call_text(dialect: Dialect, name: str) -> str:
    """Return the text of one of HIS's calls, without its comments: a driver may count the question marks in them.

    Raises:
        SchemaError: the installation is incomplete.
    """
    file = folder("sql") / dialect.value / "calls" / f"{name}.sql"
    if not file.is_file():
        raise SchemaError(
            f"sql/{dialect.value}/calls/{name}.sql is missing.", remedy="Install the wheel again."
        )
    lines = file.read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def _refused(error: StoreRejected) -> HisAnswer:
    found = _RAISED.search(error.message)
    if found is None:
        raise error
    return HisAnswer(None, int(found[1]), found[2])
