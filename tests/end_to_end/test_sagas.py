"""Businesses of several steps, from HIS's procedure to the platform's ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mi_bridge.daemon
import visits
from bridge_thread import BridgeThread
from frail_saga_store import Cuts, FrailSagaStore, PowerCut
from insurer_platform import InsurerPlatform
from mi_bridge.bridge.claimer import NoErrand
from mi_bridge.bridge.saga_engine import SagaEngine
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.traffic.saga_library import SagaLibrary
from saga_audit import differences
from saga_desk import AMOUNT, SagaDesk, inpatient, outpatient
from waiting import eventually

Start = Callable[..., BridgeThread]


@pytest.fixture
def desk(hospital_database: str) -> Iterator[SagaDesk]:
    with SagaDesk(hospital_database) as opened:
        yield opened


def ready(desk: SagaDesk) -> bool:
    return bool(
        desk.sql.execute(
            "SELECT count(*) FROM medical_insurance_saga_definitions WHERE active = 1"
        ).fetchone()[0]
    )


@pytest.fixture
def bridge(start_bridge: Start, desk: SagaDesk) -> BridgeThread:
    """One node that knows the shipped sagas."""
    running = start_bridge()
    eventually(lambda: ready(desk), "the definitions")
    return running


def agree(desk: SagaDesk, platform: InsurerPlatform, sagas: dict[int, tuple[int, str]]) -> None:
    """Demand that views and ledger agree; sagas by number: the person's number and the saga's code."""
    seen = {visits.citizen(person): (code, desk.status(number)) for number, (person, code) in sagas.items()}
    assert not differences(seen, platform.effects())


@pytest.mark.parametrize(("code", "make"), [("outpatient", outpatient), ("inpatient", inpatient)])
def test_a_business_is_one_request(
    desk: SagaDesk,
    platform: InsurerPlatform,
    bridge: BridgeThread,
    code: str,
    make: Callable[[int], dict[str, Any]],
) -> None:
    number = desk.submit(code, make(1), business_key="visit-1")
    result, error, message = desk.wait(number)
    assert (error, message) == (0, "")
    settled = json.loads(result or "")["output"]["setlinfo"]
    assert settled["setl_id"]
    line = desk.see(number)
    assert (line.status, line.error_code, line.advice) == ("COMPLETED", None, "已完成：无需操作")
    assert [step[1:3] + step[4:] for step in line.steps] == [("FORWARD", 1, "COMPLETED")] * 5
    assert any(f'"medfee_sumamt":{AMOUNT},'.encode() in body for body in platform.bodies)
    assert any(b'"cnt":"1"' in body for body in platform.bodies)
    agree(desk, platform, {number: (1, code)})


def _refused(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content.update({field: value})


def _two_of_one_number(content: dict[str, Any]) -> None:
    content["fees"] = content["fees"] * 2


@pytest.mark.parametrize(
    ("spoil", "undone"),
    [
        (_refused("insutype", "999"), []),
        (_refused("med_type", ""), ["register"]),
        (_two_of_one_number, ["register"]),
        (_refused("medfee_sumamt", "1.00"), ["fees", "register"]),
        (_refused("fees", None), ["register"]),
    ],
)  # fmt: skip
def test_a_refused_step_undoes_the_ones_before_the_latest_first(
    desk: SagaDesk,
    platform: InsurerPlatform,
    bridge: BridgeThread,
    spoil: Callable[[dict[str, Any]], None],
    undone: list[str],
) -> None:
    content = outpatient(1)
    spoil(content)
    number = desk.submit("outpatient", content)
    _, error, message = desk.wait(number)
    assert error in (-1004, -1001)
    assert "可以重新提交" in message
    line = desk.see(number)
    assert line.status == "COMPENSATED"
    assert [step[0] for step in line.steps if step[1] == "BACK"] == undone
    agree(desk, platform, {number: (1, "outpatient")})


@pytest.mark.parametrize(
    ("infno", "fault", "status", "undone"),
    [("2201", "reset_after", "COMPLETED", []), ("2207", "reset_after", "COMPENSATED", ["fees", "register"])],
)
def test_a_step_in_doubt_is_waited_for(
    desk: SagaDesk,
    platform: InsurerPlatform,
    bridge: BridgeThread,
    infno: str,
    fault: str,
    status: str,
    undone: list[str],
) -> None:
    platform.order({"fault": fault, "infno": infno, "times": 1})
    number = desk.submit("outpatient", outpatient(1))
    eventually(lambda: desk.status(number) == "WAITING", "the doubt")
    desk.wait(number)
    line = desk.see(number)
    assert line.status == status
    assert [step[0] for step in line.steps if step[1] == "BACK"] == undone
    agree(desk, platform, {number: (1, "outpatient")})


def test_a_compensation_in_doubt_ends_with_a_person(
    desk: SagaDesk, platform: InsurerPlatform, bridge: BridgeThread
) -> None:
    platform.order({"fault": "zero_with_error", "infno": "2202", "times": 1})
    number = desk.submit("outpatient", {**outpatient(1), "medfee_sumamt": "1.00"})
    assert desk.wait(number)[1] == -1009
    line = desk.see(number)
    assert (line.status, line.current_step) == ("MANUAL", "register")
    request_id = desk.requests(number)[-1][1]
    # the site's quiet period is two minutes
    desk.sql.execute(
        "UPDATE medical_insurance_requests SET quiet_until = now() WHERE request_id = ?", request_id
    )
    told = desk.sql.execute(
        "CALL sp_medical_insurance_resolve(?, 'NOT_EFFECTIVE', '张主任', '平台上挂号仍在')", request_id
    ).fetchone()
    assert told[0] == 0, told
    eventually(lambda: desk.status(number) == "COMPENSATED", "the second try")
    assert [step[2] for step in desk.see(number).steps if step[:2] == ("register", "BACK")] == [1, 2]
    agree(desk, platform, {number: (1, "outpatient")})


def test_an_answer_without_the_field_a_step_needs_asks_a_person(
    desk: SagaDesk, platform: InsurerPlatform, bridge: BridgeThread
) -> None:
    """A person said that the registration took effect; nobody has its number."""
    platform.order(
        {"fault": "reset_before", "infno": "2201", "times": 1}, {"fault": "error_before", "infno": "5201"}
    )
    number = desk.submit("outpatient", outpatient(1))
    eventually(lambda: desk.status(number) == "WAITING", "the doubt")
    request_id = desk.requests(number)[0][1]
    desk.sql.execute(
        "UPDATE medical_insurance_requests SET status = 'MANUAL', lease_until = NULL WHERE request_id = ?",
        request_id,
    )
    desk.sql.execute(
        "CALL sp_medical_insurance_resolve(?, 'EFFECTIVE', '张主任', '平台上有挂号')", request_id
    )
    assert desk.wait(number)[1] == -1009
    line = desk.see(number)
    assert (line.status, line.current_step) == ("MANUAL", "register")
    assert "mtdrt_id" not in (line.error_message or "")
    assert "mdtrt_id" in (line.error_message or "")
    assert desk.resolve(number, "DONE") == (0, "")
    eventually(lambda: desk.status(number) == "COMPENSATED", "the person's word")


def test_thirty_businesses_at_once_on_two_nodes(
    desk: SagaDesk,
    platform: InsurerPlatform,
    bridge: BridgeThread,
    start_bridge: Start,
) -> None:
    start_bridge("node-b")
    begun = time.monotonic()
    made = {
        desk.submit("outpatient" if n % 2 else "inpatient", (outpatient if n % 2 else inpatient)(n)): n
        for n in range(1, 31)
    }
    for number in made:
        assert desk.wait(number)[1] == 0
    figures = f"30 sagas of 5 steps on two nodes in {time.monotonic() - begun:.2f} s"
    print(figures)  # noqa: T201 - pytest -s shows it
    agree(desk, platform, {number: (n, "outpatient" if n % 2 else "inpatient") for number, n in made.items()})
    twice = desk.sql.execute(
        "SELECT business_key FROM medical_insurance_requests GROUP BY 1 HAVING count(*) > 1"
    ).fetchall()
    assert twice == []


def test_a_faulty_file_leaves_what_runs(
    desk: SagaDesk,
    platform: InsurerPlatform,
    start_bridge: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mi_bridge.bridge.saga_engine._REREAD_S", 0.1)
    file = tmp_path / "outpatient.toml"
    good = (folder("config") / "sagas" / "outpatient.toml").read_text("utf-8")
    file.write_text(good, "utf-8")
    start_bridge(saga_dir=str(tmp_path))
    eventually(lambda: ready(desk), "the definitions")
    file.write_text(good.replace('infno = "2202"', 'infno = "22O2"'), "utf-8")

    def alert() -> str:
        rows = desk.sql.execute(
            "SELECT alert_type, alert_message FROM sp_check_medical_insurance_alerts()"
        ).fetchall()
        return str(dict(map(tuple, rows)).get("SAGA_REFUSED", ""))

    eventually(alert, "the alert")
    assert "step register, compensation.infno" in alert()
    number = desk.submit("outpatient", outpatient(1))
    assert desk.wait(number)[1] == 0
    file.write_text(good, "utf-8")
    eventually(lambda: not alert(), "the end of the alert")


class NoSagas(NoErrand):
    """A node that leaves sagas to others."""

    def close(self) -> None:
        return


@pytest.mark.parametrize(
    ("code", "make", "rules", "spoil", "status", "cuts"),
    [
        ("outpatient", outpatient, [], {}, "COMPLETED", 18),
        ("inpatient", inpatient, [], {}, "COMPLETED", 18),
        ("outpatient", outpatient, [], {"medfee_sumamt": "1.00"}, "COMPENSATED", 21),
        (
            "outpatient",
            outpatient,
            [{"fault": "reset_after", "infno": "2207", "times": 1}],
            {},
            "COMPENSATED",
            27,
        ),
    ],
)
def test_the_engine_survives_its_death_at_every_statement(
    desk: SagaDesk,
    platform: InsurerPlatform,
    hospital_database: str,
    start_bridge: Start,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    make: Callable[[int], dict[str, Any]],
    rules: list[dict[str, Any]],
    spoil: dict[str, Any],
    status: str,
    cuts: int,
) -> None:
    monkeypatch.setattr(mi_bridge.daemon, "saga_engine", lambda *_: NoSagas())
    start_bridge()
    platform.order(*rules)
    library = SagaLibrary(folder("config") / "sagas", load_profile("demo").catalogue())
    plan = Cuts()

    def engine() -> SagaEngine:
        library.forget()
        connection = DatabaseConnection(hospital_database, Dialect.POSTGRESQL)
        return SagaEngine(FrailSagaStore(OdbcSagaStore(connection), plan), "n1", library)

    current = engine()
    current.reload()
    number = desk.submit(code, {**make(1), **spoil})

    def at_rest() -> bool:
        nonlocal current
        try:
            current.turn(0)
        except PowerCut:
            current.close()
            current = engine()
            # the dead engine's lease would end by itself, in five seconds
            desk.sql.execute("UPDATE medical_insurance_sagas SET due_at = now() WHERE due_at IS NOT NULL")
        return desk.status(number) in ("COMPLETED", "COMPENSATED", "MANUAL")

    eventually(at_rest, "the saga's end", limit_s=60)
    current.close()
    assert desk.status(number) == status
    assert len(plan.survived) == cuts, plan.survived
    agree(desk, platform, {number: (1, code)})
    keys = [
        row[0] for row in desk.sql.execute("SELECT business_key FROM medical_insurance_requests").fetchall()
    ]
    assert len(keys) == len(set(keys))
