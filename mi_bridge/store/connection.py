"""One database connection of our own: made when needed, made again when lost, one routine call a transaction.

Autocommit is on for a reason: ``commit()`` on a dead psqlodbc connection reports success, so the routine itself is
the transaction (measured, see ``odbc.md`` in the design notes). One cursor is kept for each statement text: changing
the text of a cursor costs three times a call.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
import tenacity

from mi_bridge.errors import StoreConflict, StoreDuplicate, StoreUnavailable
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.sqlstate import CANCELLED, classify

_log: Any = structlog.get_logger()
Row = Any
_CONFLICT_TRIES = 8
_DUPLICATE_TRIES = 3
_RECONNECT_CAP_SECONDS = 5.0


class DatabaseConnection:
    """Calls routines by name over one ODBC connection, for one thread at a time.

    Args:
        connection_string: for ODBC, with its secrets; shown in no message.
        dialect: the kind of database.
        connect_timeout_s: how long making a connection may take, in seconds.
        patience_s: how long a lost database is waited for, in seconds; None for as long as nobody calls ``stop``.
        greeting: a routine and its parameters, called first on every new connection.
    """

    def __init__(
        self,
        connection_string: str,
        dialect: Dialect,
        *,
        connect_timeout_s: int = 5,
        patience_s: float | None = 0,
        greeting: tuple[str, ...] = (),
    ) -> None:
        self.dialect = dialect
        self._connection_string = connection_string
        self._connect_timeout_s = connect_timeout_s
        self._patience_s = patience_s
        self._greeting = greeting
        self._stopping = threading.Event()
        self._interrupted = threading.Event()
        self._connection: Any = None
        self._cursors: dict[str, Any] = {}
        self._running: Any = None
        # held while a statement is cancelled, so that its connection is not closed meanwhile: the driver would crash the process
        self._cancelling = threading.Lock()
        self._missed = False
        self._lenient = False
        self.reconnects = 0

    def __repr__(self) -> str:
        state = "open" if self._connection is not None else "closed"
        return f"DatabaseConnection({self.dialect.value}, {state})"

    def call(self, routine: str, *parameters: Any) -> list[Row]:
        """Call a routine and return all its rows.

        Cancelled calls, deadlock victims and lost connections are tried again with jitter; every routine of ours may be
        repeated.

        Raises:
            StoreUnavailable: the database stayed away longer than the patience.
            StoreConflict: rolled back too often.
            StoreRejected: the database refused the call or its data.
        """
        text = self.dialect.invocation(routine, len(parameters))
        return self._persist(lambda: self._fetch(text, routine, parameters))

    def wait(self, routine: str, *parameters: Any) -> list[Row]:
        """Call a routine that may wait for a while; ``interrupt`` ends it with an empty list.

        Raises:
            StoreError: as for ``call``.
        """
        self._interrupted.clear()
        text = self.dialect.invocation(routine, len(parameters))

        def fetch() -> list[Row]:
            try:
                return self._fetch(text, routine, parameters)
            except StoreConflict as error:
                # rolled back, so that nothing is lost; anybody else's cancel is no order of ours
                if error.sqlstate in CANCELLED and self._interrupted.is_set():
                    return []
                raise

        return self._persist(fetch)

    def run(self, script: str, action: str) -> None:
        """Run one statement of a script that returns nothing.

        Raises:
            StoreError: as for ``call``.
        """

        def execute() -> None:
            cursor = self._connected().execute(script)
            # an error may come last, behind counts and messages
            while cursor.nextset():
                pass
            cursor.close()

        self._guarded(action, execute)

    def transaction(self, statements: list[str], action: str) -> None:
        """Run statements in one transaction, all or none.

        Raises:
            StoreError: the first one that failed; nothing stays.
        """
        connection = self._connected()
        connection.autocommit = False
        try:
            for statement in statements:
                self.run(statement, action)
            self._guarded(action, connection.commit)
        except BaseException:
            self.close()
            raise
        connection.autocommit = True

    def interrupt(self) -> None:
        """End the ``wait`` another thread is in, within a few milliseconds."""
        self._interrupted.set()
        with self._cancelling:
            if self._running is None:
                return
            try:
                self._running.cancel()
            except load_pyodbc().Error:
                return  # the call has just ended, which is what was wanted

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._stopping.set()

    def close(self) -> None:
        """Close the connection; the next call makes a new one."""
        connection, self._connection = self._connection, None
        self._cursors.clear()
        if connection is None:
            return
        try:
            connection.close()
        except load_pyodbc().Error:
            return  # it is gone already, which is what was wanted

    def _persist(self, work: Callable[[], list[Row]]) -> list[Row]:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._worth_repeating()),
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=_RECONNECT_CAP_SECONDS),
            sleep=tenacity.sleep_using_event(self._stopping),
            stop=tenacity.stop_when_event_set(self._stopping),
            reraise=True,
        )
        return retrying(work)

    def _worth_repeating(self) -> Callable[[BaseException], bool]:
        patience = math.inf if self._patience_s is None else self._patience_s
        give_up_at = time.monotonic() + patience
        conflicts, duplicates = itertools.count(1), itertools.count(1)

        def judge(error: BaseException) -> bool:
            if isinstance(error, StoreConflict):
                return next(conflicts) < _CONFLICT_TRIES
            if isinstance(error, StoreDuplicate):
                return next(duplicates) < _DUPLICATE_TRIES
            if not isinstance(error, StoreUnavailable) or time.monotonic() >= give_up_at:
                return False
            self._tell_missed(error)
            return True

        return judge

    def _tell_missed(self, error: StoreUnavailable) -> None:
        """Say once, not at every try, why the database is waited for: whoever looks must learn it from the log."""
        if not self._missed:
            self._missed = True
            _log.warning("database unavailable, trying again", error=error.message, remedy=error.remedy)

    def _fetch(self, text: str, routine: str, parameters: tuple[Any, ...]) -> list[Row]:
        def execute() -> list[Row]:
            cursor = self._cursor(text)
            self._running = cursor
            try:
                cursor.execute(text, parameters)
                return _rows(cursor)
            finally:
                with self._cancelling:
                    self._running = None

        rows: list[Row] = self._guarded(routine, execute)
        return rows

    def _guarded(self, action: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except load_pyodbc().Error as error:
            fault = classify(error, action)
            if isinstance(fault, StoreUnavailable):
                self.close()
            raise fault from None  # the driver's own error may quote a parameter
        except UnicodeDecodeError:
            # SQL Server keeps half a surrogate pair (a rare name, cut by LEFT), and the driver's reading knows no mercy: the next
            # connection reads it as it is, and whoever needs the text refuses it. What was claimed is left to its lease.
            self._lenient = True
            self.close()
            raise StoreConflict(f"{action} returned text that is no whole Unicode.") from None

    def _cursor(self, text: str) -> Any:
        connection = self._connected()
        if text not in self._cursors:
            self._cursors[text] = connection.cursor()
        return self._cursors[text]

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Any:
        pyodbc = load_pyodbc()
        try:
            connection = pyodbc.connect(
                self._connection_string, autocommit=True, timeout=self._connect_timeout_s
            )
            if self._lenient:
                _read_as_it_is(connection)
            self._greet(connection)
        except pyodbc.Error as error:
            raise classify(error, "connecting to the database") from None
        self.reconnects += 1
        if self._missed:
            self._missed = False
            _log.info("database available again")
        return connection

    def _greet(self, connection: Any) -> None:
        if self._greeting:
            routine, *parameters = self._greeting
            connection.execute(self.dialect.invocation(routine, len(parameters)), parameters).fetchall()


def _read_as_it_is(connection: Any) -> None:
    pyodbc = load_pyodbc()
    for kind in (pyodbc.SQL_WCHAR, pyodbc.SQL_WVARCHAR, pyodbc.SQL_WLONGVARCHAR):
        connection.add_output_converter(kind, _text_of)


def _text_of(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-16-le", "surrogatepass")


def _rows(cursor: Any) -> list[Row]:
    """Read the one result set of a routine, past what a server says before it and to the end of what it says after.

    T-SQL may send counts and messages around the rows; an error that comes last is raised by reading on.
    """
    rows: list[Row] = cursor.fetchall() if cursor.description else []
    while cursor.nextset():
        rows = rows or (cursor.fetchall() if cursor.description else [])
    return rows
