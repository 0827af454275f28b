"""Our connections against a real server: lost, refused, in conflict, interrupted; and what their errors do not say."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.errors import StoreConflict, StoreDuplicate, StoreError, StoreRejected, StoreUnavailable
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc

SECRET = "canary-7f3a"
SLEEPING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)
Connect = Callable[..., DatabaseConnection]


@pytest.fixture
def installed(own_copy: str) -> str:
    """A database of the test's own: routines are made in it."""
    return own_copy


@pytest.fixture
def routines(his: Any) -> None:
    """Routines that wait, conflict and fail as told."""
    his.execute(
        "CREATE FUNCTION sp_sleep(seconds float) RETURNS TABLE (n integer) LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(seconds); RETURN QUERY SELECT 1; END $$;"
        "CREATE FUNCTION sp_raise(state text) RETURNS TABLE (n integer) LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM nextval('tried'); RAISE EXCEPTION 'told to' USING ERRCODE = state; END $$;"
        "CREATE SEQUENCE tried;"
        "CREATE FUNCTION sp_nothing() RETURNS void LANGUAGE sql AS '';"
        "CREATE TABLE pair (n integer PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO pair VALUES (1), (2);"
        "CREATE FUNCTION sp_cross(a integer, b integer) RETURNS TABLE (n integer) LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE pair AS p SET v = p.v + 1 WHERE p.n = a; PERFORM pg_sleep(0.2); "
        "UPDATE pair AS p SET v = p.v + 1 WHERE p.n = b; RETURN QUERY SELECT 1; END $$;"
    )


def end_all(his: Any) -> None:
    his.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()


def tried(his: Any) -> int:
    return int(his.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tried").fetchone()[0])


@pytest.mark.usefixtures("routines")
def test_a_connection_is_made_once_and_kept(connect: Connect) -> None:
    connection = connect()
    assert repr(connection) == "DatabaseConnection(postgresql, closed)"
    for _ in range(3):
        assert connection.call("sp_sleep", 0)[0][0] == 1
    assert connection.reconnects == 1
    assert repr(connection) == "DatabaseConnection(postgresql, open)"
    connection.close()
    connection.close()
    assert repr(connection) == "DatabaseConnection(postgresql, closed)"


@pytest.mark.usefixtures("routines")
def test_a_lost_connection_is_made_again(his: Any, connect: Connect) -> None:
    connection = connect(patience_s=20)
    connection.call("sp_sleep", 0)
    end_all(his)
    assert connection.call("sp_sleep", 0)[0][0] == 1
    assert connection.reconnects == 2


@pytest.mark.usefixtures("routines")
def test_a_connection_lost_in_the_middle_of_a_call(his: Any, connect: Connect) -> None:
    connection = connect(patience_s=20)
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.extend(connection.call("sp_sleep", 0.5)))
    caller.start()
    time.sleep(0.2)
    end_all(his)
    caller.join()
    assert [row[0] for row in answers] == [1]
    assert connection.reconnects == 2


@pytest.mark.usefixtures("routines")
def test_without_patience_a_loss_is_told_once(his: Any, connect: Connect) -> None:
    connection = connect()
    connection.call("sp_sleep", 0)
    end_all(his)
    with pytest.raises(StoreUnavailable, match="sp_sleep failed") as lost:
        connection.call("sp_sleep", 0)
    assert "Check that the database server runs" in lost.value.remedy
    assert connection.call("sp_sleep", 0)[0][0] == 1


def nowhere(installed: str) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return re.sub(r"(?i)\bPort=\d+", f"Port={port}", re.sub(r"(?i)\bPwd=[^;]*", f"Pwd={SECRET}", installed))


def test_a_server_that_is_not_there(installed: str) -> None:
    connection = DatabaseConnection(nowhere(installed), Dialect.POSTGRESQL, patience_s=0.3)
    with pytest.raises(StoreUnavailable, match="connecting to the database failed \\(08001\\)") as refused:
        connection.call("sp_mi_schema")
    assert SECRET not in f"{refused.value!r} {refused.value} {connection!r} {vars(refused.value)}"
    assert connection.reconnects == 0


def test_a_stop_ends_the_patience(installed: str) -> None:
    connection = DatabaseConnection(nowhere(installed), Dialect.POSTGRESQL, patience_s=None)
    ended: list[StoreError] = []

    def work() -> None:
        try:
            connection.call("sp_mi_schema")
        except StoreUnavailable as error:
            ended.append(error)

    caller = threading.Thread(target=work)
    caller.start()
    time.sleep(0.2)
    assert caller.is_alive()
    connection.stop()
    caller.join(30)
    assert len(ended) == 1


def test_a_wrong_password_is_told_without_it(installed: str) -> None:
    wrong = re.sub(r"(?i)\bPwd=[^;]*", f"Pwd={SECRET}", installed)
    with pytest.raises(StoreUnavailable) as refused:
        DatabaseConnection(wrong, Dialect.POSTGRESQL).call("sp_mi_schema")
    assert SECRET not in f"{refused.value!r} {refused.value.__context__!r} {refused.value.__cause__!r}"


@pytest.mark.usefixtures("routines")
@pytest.mark.parametrize("state", ["40001"])
def test_a_conflict_is_tried_again_and_at_last_told(his: Any, connect: Connect, state: str) -> None:
    with pytest.raises(StoreConflict) as conflict:
        connect().call("sp_raise", state)
    assert conflict.value.sqlstate == state
    assert tried(his) == 8


@pytest.mark.usefixtures("routines")
def test_a_duplicate_may_have_been_a_race_and_is_tried_again_twice(his: Any, connect: Connect) -> None:
    with pytest.raises(StoreDuplicate) as refused:
        connect().call("sp_raise", "23505")
    assert refused.value.sqlstate == "23505"
    assert tried(his) == 3


@pytest.mark.usefixtures("routines")
@pytest.mark.parametrize("state", ["22001", "42501", "P0001"])
def test_a_refusal_is_told_at_once(his: Any, connect: Connect, state: str) -> None:
    with pytest.raises(StoreRejected) as refused:
        connect(patience_s=20).call("sp_raise", state)
    assert refused.value.sqlstate == state
    assert tried(his) == 1


@pytest.mark.usefixtures("routines")
def test_a_standby_is_left_for_its_primary(his: Any, connect: Connect) -> None:
    connection = connect()
    connection.call("sp_sleep", 0)
    with pytest.raises(StoreUnavailable):
        connection.call("sp_raise", "25006")
    assert repr(connection) == "DatabaseConnection(postgresql, closed)"


@pytest.mark.usefixtures("routines")
def test_a_deadlock_is_solved_by_itself(his: Any, connect: Connect) -> None:
    connections = connect(), connect()
    answers: list[int] = []

    def work(connection: DatabaseConnection, first: int, second: int) -> None:
        answers.append(connection.call("sp_cross", first, second)[0][0])

    threads = [
        threading.Thread(target=work, args=(connections[0], 1, 2)),
        threading.Thread(target=work, args=(connections[1], 2, 1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1, 1]
    assert [row[0] for row in his.execute("SELECT v FROM pair ORDER BY n")] == [2, 2]


@pytest.mark.usefixtures("routines")
def test_no_error_shows_a_parameter(connect: Connect) -> None:
    connection = connect()
    with pytest.raises(StoreRejected) as refused:
        connection.call("sp_mi_finish", "n1", f'{{"name": "{SECRET}"')
    assert SECRET not in f"{refused.value!r} {refused.value.__context__!r} {refused.value.__cause__!r}"
    assert refused.value.__suppress_context__


@pytest.mark.usefixtures("routines")
def test_a_routine_that_returns_nothing(connect: Connect) -> None:
    assert [tuple(row) for row in connect().call("sp_nothing")] in ([], [("",)], [(None,)])


def test_a_missing_routine_is_told(connect: Connect) -> None:
    with pytest.raises(StoreRejected) as refused:
        connect().call("sp_of_another_release")
    assert refused.value.sqlstate == "42883"
    with pytest.raises(ValueError, match="not the name of a routine"):
        connect().call("sp_mi_claim(); DROP TABLE x; --")


@pytest.mark.usefixtures("routines")
def test_an_interrupt_ends_a_wait(connect: Connect) -> None:
    connection = connect()
    connection.interrupt()
    answers: list[list[Any]] = []
    caller = threading.Thread(target=lambda: answers.append(connection.wait("sp_sleep", 60)))
    caller.start()
    while caller.is_alive():
        connection.interrupt()
        caller.join(0.05)
    assert answers == [[]]
    assert connection.wait("sp_sleep", 0)[0][0] == 1


class Delegate:
    """Is like what it wraps."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class SlowCancelling(Delegate):
    """The driver, whose cursors take their time to be cancelled."""

    def __init__(self, pyodbc: Any) -> None:
        super().__init__(pyodbc)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def connect(self, *arguments: Any, **options: Any) -> Any:
        begun, go_on = self.begun, self.go_on

        class Cursor(Delegate):
            def cancel(self) -> None:
                begun.set()
                assert go_on.wait(30)
                self._real.cancel()

        class Connection(Delegate):
            def cursor(self) -> Cursor:
                return Cursor(self._real.cursor())

        return Connection(self._real.connect(*arguments, **options))


@pytest.mark.usefixtures("routines")
def test_a_connection_is_not_closed_while_its_call_is_cancelled(
    his: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the driver manager frees what the cancel still reads: the process would die of it
    driver = SlowCancelling(load_pyodbc())
    monkeypatch.setattr("mi_bridge.store.connection.load_pyodbc", lambda: driver)
    connection = connect()
    connection.call("sp_sleep", 0)
    faults: list[StoreError] = []

    def work() -> None:
        try:
            connection.wait("sp_sleep", 60)
        except StoreUnavailable as error:
            faults.append(error)

    caller = threading.Thread(target=work)
    caller.start()
    while not his.execute(SLEEPING).fetchone()[0]:
        time.sleep(0.01)
    interrupter = threading.Thread(target=connection.interrupt)
    interrupter.start()
    assert driver.begun.wait(30)
    end_all(his)
    caller.join(0.3)
    assert repr(connection) == "DatabaseConnection(postgresql, open)"
    driver.go_on.set()
    caller.join(30)
    interrupter.join(30)
    assert len(faults) == 1
    assert repr(connection) == "DatabaseConnection(postgresql, closed)"


@pytest.mark.usefixtures("routines")
def test_somebody_elses_cancel_is_no_interrupt(his: Any, connect: Connect) -> None:
    connection = connect()
    answers: list[list[Any]] = []
    caller = threading.Thread(target=lambda: answers.append(connection.wait("sp_sleep", 0.4)))
    caller.start()
    time.sleep(0.2)
    his.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sp_sleep%' AND pid <> pg_backend_pid()"
    ).fetchall()
    caller.join()
    assert [row[0] for row in answers[0]] == [1]


@pytest.mark.usefixtures("routines")
def test_a_cancelled_call_is_repeated_and_loses_no_answer(his: Any, connect: Connect) -> None:
    connection = connect()
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.extend(connection.call("sp_sleep", 0.3)))
    caller.start()
    time.sleep(0.1)
    connection.interrupt()
    caller.join()
    assert [row[0] for row in answers] == [1]


def test_a_transaction_is_all_or_nothing(his: Any, connect: Connect) -> None:
    connection = connect()
    with pytest.raises(StoreRejected, match="upgrade failed"):
        connection.transaction(["CREATE TABLE half (n integer)", "SELECT 1/0"], "upgrade")
    assert his.execute("SELECT to_regclass('half')").fetchone()[0] is None
    connection.transaction(["CREATE TABLE whole (n integer)"], "upgrade")
    assert his.execute("SELECT to_regclass('whole')").fetchone()[0] == "whole"


def test_an_interrupted_transaction_leaves_no_open_one(
    his: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect()

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(connection, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            connection.transaction(["SELECT 1"], "upgrade")
    connection.run("CREATE TABLE after (n integer)", "upgrade")
    assert his.execute("SELECT to_regclass('after')").fetchone()[0] == "after"


@pytest.mark.usefixtures("routines")
def test_an_interrupt_that_comes_as_the_call_ends_does_no_harm(connect: Connect) -> None:
    connection = connect()
    connection.call("sp_sleep", 0)
    ended = connection._connected().cursor()
    ended.close()
    connection._running = ended
    connection.interrupt()
    assert connection.call("sp_sleep", 0)[0][0] == 1


@pytest.mark.usefixtures("routines")
def test_closing_what_is_closed_already(connect: Connect) -> None:
    connection = connect()
    connection.call("sp_sleep", 0)
    connection._connection.close()
    connection.close()
    assert connection.call("sp_sleep", 0)[0][0] == 1
