"""The engine by itself: what it moves, what it survives, what it tells."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import structlog

from mi_bridge.bridge import saga_engine
from mi_bridge.bridge.saga_engine import SagaEngine
from mi_bridge.domain.saga import Advance, ClaimedSaga, SagaDefinition, Step, StepRecord
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected, StoreUnavailable
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.saga_port import Moved
from mi_bridge.traffic.saga_library import SagaLibrary

GOOD = 'name = "查询"\n[[step]]\ncode = "ask"\ninfno = "1101"\ninput = { psn_no = "${input.psn_no}" }\n'
ASK = define("ask", "查询", (Step("ask", "1101", {"psn_no": "${input.psn_no}"}),))
SAGA = ClaimedSaga(
    7, 1, "ask", ASK.digest, ASK.text, SagaStatus.RUNNING, Direction.FORWARD, '{"psn_no":"P1"}'
)


class ScriptedStore:
    """Gives out what it is given, notes what it is told, fails when told to."""

    def __init__(self) -> None:
        self.due: list[ClaimedSaga] = []
        self.answers: list[Moved | Exception] = []
        self.advances: list[Advance] = []
        self.released: list[int] = []
        self.synced: list[tuple[list[str], list[str]]] = []
        self.conditions: list[str] = []
        self.failure: Exception | None = None
        self.claims = 0
        self.ended: list[str] = []

    def sync_sagas(self, definitions: Sequence[SagaDefinition], kept: Iterable[str]) -> int:
        if self.failure:
            raise self.failure
        self.synced.append(([one.code for one in definitions], list(kept)))
        return len(definitions)

    def claim_sagas(self, node_id: str, capacity: int, lease_seconds: int) -> list[ClaimedSaga]:
        self.claims += 1
        due, self.due = self.due, []
        return due

    def advance_saga(self, node_id: str, saga: ClaimedSaga, advance: Advance) -> Moved:
        self.advances.append(advance)
        answer = self.answers.pop(0) if self.answers else Moved(moved=True)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def release_saga(self, node_id: str, saga: ClaimedSaga, delay_ms: int) -> None:
        self.released.append(delay_ms)

    def condition(self, kind: str, subject: str, message: str) -> None:
        self.conditions.append(message)

    def stop(self) -> None:
        self.ended.append("stop")

    def close(self) -> None:
        self.ended.append("close")


@pytest.fixture
def store() -> ScriptedStore:
    return ScriptedStore()


@pytest.fixture
def engine(store: ScriptedStore, tmp_path: Path) -> SagaEngine:
    (tmp_path / "ask.toml").write_text(GOOD, "utf-8")
    return SagaEngine(store, "n1", SagaLibrary(tmp_path, load_profile("demo").catalogue()))


def test_it_moves_what_is_due(store: ScriptedStore, engine: SagaEngine) -> None:
    store.due = [SAGA, dataclasses.replace(SAGA, saga_id=8)]
    assert engine.turn(0) == 2
    assert [advance.step and advance.step.input_data for advance in store.advances] == ['{"psn_no":"P1"}'] * 2


def test_it_looks_no_oftener_than_it_is_told(store: ScriptedStore, engine: SagaEngine) -> None:
    assert engine.turn(0) == 0
    assert engine.turn(60) == 0
    assert engine.turn(math.inf) == 0
    assert store.claims == 1


def test_a_step_under_way_is_given_back(store: ScriptedStore, engine: SagaEngine) -> None:
    record = StepRecord(1, "ask", Direction.FORWARD, 1, "1101", 5, Status.SENDING)
    store.due = [dataclasses.replace(SAGA, records=(record,))]
    assert engine.turn(0) == 0
    assert store.released == [0]


def test_what_could_not_be_queued_is_tried_later(store: ScriptedStore, engine: SagaEngine) -> None:
    store.due, store.answers = [SAGA], [Moved(moved=False, error_code=-1003)]
    assert engine.turn(0) == 0
    assert store.released == [5000]


def test_a_request_that_is_refused_turns_the_saga_back(store: ScriptedStore, engine: SagaEngine) -> None:
    store.due, store.answers = [SAGA], [Moved(moved=False, error_code=-1006, error_message="已停用")]
    assert engine.turn(0) == 1
    assert [advance.status for advance in store.advances] == [SagaStatus.RUNNING, SagaStatus.COMPENSATED]


def test_one_damaged_saga_does_not_stop_the_others(store: ScriptedStore, engine: SagaEngine) -> None:
    damaged = dataclasses.replace(SAGA, digest="other", definition="{")
    rejected = dataclasses.replace(SAGA, saga_id=9)
    store.due, store.answers = [damaged, rejected, SAGA], [StoreRejected("no"), Moved(moved=True)]
    with structlog.testing.capture_logs() as lines:
        assert engine.turn(0) == 1
    assert [line["saga_id"] for line in lines if line["event"] == "saga left to its lease"] == [7, 9]


def test_a_lost_database_ends_the_turn(store: ScriptedStore, engine: SagaEngine) -> None:
    store.due, store.answers = [SAGA], [StoreUnavailable("gone")]
    with pytest.raises(StoreUnavailable):
        engine.turn(0)


def test_waiting_for_a_person_is_an_error_in_the_log_without_payload(
    store: ScriptedStore, engine: SagaEngine
) -> None:
    record = StepRecord(1, "ask", Direction.BACK, 1, "1101", 5, Status.COMPLETED, message="张三")
    store.due = [dataclasses.replace(SAGA, records=(record,))]
    with structlog.testing.capture_logs() as lines:
        engine.turn(0)
    [line] = [line for line in lines if line["event"] == "saga waits for a person"]
    assert line["log_level"] == "error"
    assert "张三" not in str(lines)
    assert "P1" not in str(lines)


def test_a_refused_file_leaves_what_runs_and_raises_an_alert(
    store: ScriptedStore, engine: SagaEngine, tmp_path: Path
) -> None:
    engine.reload()
    (tmp_path / "ask.toml").write_text(GOOD.replace("1101", "nine"), "utf-8")
    engine.reload()
    engine.reload()
    (tmp_path / "ask.toml").write_text(GOOD, "utf-8")
    engine.reload()
    assert store.synced == [(["ask"], []), ([], ["ask"]), (["ask"], [])]
    assert store.conditions[0] == store.conditions[2] == ""
    assert "原定义继续有效" in store.conditions[1]
    assert "step ask, infno" in store.conditions[1]


def test_files_are_read_again_after_the_database_was_away(store: ScriptedStore, engine: SagaEngine) -> None:
    store.failure = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        engine.reload()
    store.failure = None
    engine.reload()
    assert store.synced == [(["ask"], [])]


def test_a_folder_that_is_gone_leaves_what_runs(store: ScriptedStore, tmp_path: Path) -> None:
    engine = SagaEngine(store, "n1", SagaLibrary(tmp_path / "gone", load_profile("demo").catalogue()))
    with structlog.testing.capture_logs() as lines:
        assert engine.turn(0) == 0
    assert lines[0]["event"] == "sagas not loaded; what ran before goes on"
    assert store.synced == []


def test_changed_files_are_seen_in_time(
    store: ScriptedStore, engine: SagaEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.turn(math.inf)
    (tmp_path / "more.toml").write_text(GOOD, "utf-8")
    engine.turn(math.inf)
    assert len(store.synced) == 1
    monkeypatch.setattr(saga_engine, "_REREAD_S", 0.0)
    engine.turn(math.inf)
    assert store.synced[-1] == (["ask", "more"], [])


def test_it_ends_with_its_store(store: ScriptedStore, engine: SagaEngine) -> None:
    engine.stop()
    engine.close()
    assert store.ended == ["stop", "close"]
