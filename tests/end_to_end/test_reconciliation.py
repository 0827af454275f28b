"""Reconciliation against the simulator's books: visits through HIS's procedures, planted differences, the command, the view."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from click.testing import CliRunner, Result

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.cli.main import program
from mi_bridge.errors import StoreRejected
from mi_bridge.settings import Settings
from mi_bridge.store.his import HisClient
from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore
from site_settings import ORG, site_values, write_settings
from waiting import eventually

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
UNRESOLVED = {"UNCERTAIN", "REVERSING"}
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[None]:
    """The node's lines in a file: it shares the process with the command, whose output is read."""
    before = structlog.get_config()
    with (tmp_path / "node.log").open("w", encoding="utf-8") as file:
        # no logger may remember the file, which is closed after the test
        structlog.configure(
            logger_factory=structlog.PrintLoggerFactory(file), cache_logger_on_first_use=False
        )
        yield
        structlog.configure(**before)


@pytest.fixture
def run(
    hospital_database: str, platform: InsurerPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run ``mi-bridge reconcile`` for today."""
    values = site_values(hospital_database, platform.base_url, "cli")
    file = write_settings(tmp_path, values)
    file.chmod(0o600)
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(file))
    return lambda *arguments: CliRunner().invoke(program, ["reconcile", *map(str, arguments)])


def reconciled(run: Run) -> dict[str, Any]:
    done = run("--day", TODAY, "--json")
    assert done.stdout, (done.stderr, done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    assert not any(visits.citizen(number) in done.output for number in range(1, 10))
    assert (done.exit_code == 0) == (found["outcome"] == "BALANCED")
    return found


def settled(his: HisDesk, number: int, total: str) -> Any:
    """An outpatient visit up to its settlement; returns what the platform says of it."""
    his.good("2204", _visit(his, number, total))
    return his.good("2207", _bill(number, total))["setlinfo"]


_visits: dict[int, str] = {}


def _visit(his: HisDesk, number: int, total: str) -> Any:
    psn_no = visits.citizen(number)
    registered = his.good("2201", visits.registration(psn_no, f"OP{number}"))
    _visits[number] = str(registered["data"]["mdtrt_id"])
    return visits.fees(psn_no, _visits[number], total)


def _bill(number: int, total: str) -> Any:
    return visits.bill(visits.citizen(number), _visits[number], total)


def lost(his: HisDesk, platform: InsurerPlatform, number: int, *, reversible: bool) -> int:
    """A settlement whose answer is lost; returns its request."""
    his.good("2204", _visit(his, number, "77.70"))
    rules: list[dict[str, Any]] = [{"fault": "reset_after", "infno": "2207", "times": 1}]
    if not reversible:
        rules.append({"fault": "busy", "infno": "2601"})
    platform.order(*rules)
    request = his.submit("2207", _bill(number, "77.70"))
    wanted = {"REVERSED"} if reversible else UNRESOLVED
    eventually(lambda: his.statuses()[request] in wanted, f"request {request} to be {wanted}", limit_s=30)
    return request


def cases(his: HisDesk) -> dict[str, tuple[Any, ...]]:
    """Return the view's cases by setl_id, or msgid where there is none."""
    rows = his.sql.execute(
        "SELECT CASE WHEN setl_id <> '' THEN setl_id ELSE msgid END, kind, case_state, request_id, request_status, differing, psn_no,"
        " next_step FROM v_medical_insurance_reconciliation"
    ).fetchall()
    return {row[0]: tuple(row[1:]) for row in rows}


def inpatient(his: HisDesk, number: int) -> Any:
    psn_no = visits.citizen(number)
    mdtrt_id = str(his.good("2401", visits.admission(psn_no, f"ZY{number}"))["result"]["mdtrt_id"])
    his.good("2301", visits.fees(psn_no, mdtrt_id, "6000.00"))
    his.good("2402", visits.discharge(psn_no, mdtrt_id))
    bill = visits.bill(psn_no, mdtrt_id, "6000.00", med_type="2101")
    return his.good("2304", bill)["setlinfo"]


def agree_on_several_visits(his: HisDesk, platform: InsurerPlatform, run: Run) -> tuple[Any, Any]:
    """Visits, a stay, a refund and a settlement that 2601 reversed, all alike on both sides; returns two settlements."""
    first, second, refunded = (settled(his, number, f"{number}00.10") for number in (1, 2, 3))
    stay = inpatient(his, 4)
    asked = visits.refund(visits.citizen(3), refunded["mdtrt_id"], refunded["setl_id"])
    his.good("2208", asked)
    undone = lost(his, platform, 5, reversible=True)
    agreed = reconciled(run)
    assert (agreed["outcome"], agreed["settlements"], agreed["differences"]) == ("BALANCED", 5, 0)
    counts = {one["clr_type"]: one["settlements"] for one in agreed["totals"]}
    assert counts == {first["clr_type"]: 4, stay["clr_type"]: 1}
    assert his.statuses()[undone] == "REVERSED"
    assert cases(his) == {}
    return first, second


def plant(platform: InsurerPlatform, gone: Any, changed: Any) -> None:
    """Make the books lack a row, change one, and have one that nobody sent."""
    place = {name: gone[name] for name in ("insutype", "clr_type", "clr_optins")}
    alien = {
        "org_code": ORG,
        "day": str(TODAY),
        "psn_no": visits.citizen(9),
        "msgid": "ALIEN",
        "medfee_sumamt": "5.00",
    }
    platform.disagree(
        drop=[{"setl_id": gone["setl_id"]}],
        change=[{"setl_id": changed["setl_id"], "acct_pay": "1.23"}],
        add=[alien | place],
    )


def test_every_kind_of_difference_is_found_once(
    his: HisDesk,
    platform: InsurerPlatform,
    run: Run,
    start_bridge: Callable[..., BridgeThread],
    tmp_path: Path,
) -> None:
    start_bridge()
    first, second = agree_on_several_visits(his, platform, run)
    waiting = lost(his, platform, 6, reversible=False)
    plant(platform, gone=first, changed=second)

    found = reconciled(run)

    assert (found["outcome"], found["differences"], found["new_cases"]) == ("DIFFERS", 4, 4)
    view = cases(his)
    (sent,) = set(view) - {first["setl_id"], second["setl_id"], "ALIEN"}
    assert view[first["setl_id"]][:2] == ("ONLY_OURS", "OPEN")
    assert (view[second["setl_id"]][0], view[second["setl_id"]][4]) == ("AMOUNTS_DIFFER", "acct_pay")
    assert view[sent][:3] == ("ONLY_THEIRS", "OPEN", waiting)
    assert view[sent][3] in UNRESOLVED
    assert "仍在核实" in view[sent][6]
    assert view["ALIEN"][:4] == ("ONLY_THEIRS", "OPEN", None, None)
    assert {row[5] for row in view.values()} == {
        f"****{visits.citizen(number)[-4:]}" for number in (1, 2, 6, 9)
    }
    assert "RECONCILIATION_DIFFERS" in his.alerts()

    again = reconciled(run)
    assert (again["differences"], again["new_cases"]) == (4, 0)
    assert {name: row[:3] for name, row in cases(his).items()} == {
        name: row[:3] for name, row in view.items()
    }
    check_report(run, tmp_path, first["setl_id"])

    # the platform mends its books; what is being reversed still stands there
    platform.disagree(mode="replace")
    mended = reconciled(run)
    assert (mended["kinds"], mended["new_cases"]) == ({"ONLY_THEIRS": 1}, 0)
    assert {name for name, row in cases(his).items() if row[1] == "OPEN"} == {sent}
    assert {row[1] for name, row in cases(his).items() if name != sent} == {"GONE"}


def check_report(run: Run, folder: Path, setl_id: str) -> None:
    """Both files tell the four differences, and no patient."""
    html, sheet = folder / "report.html", folder / "report.csv"
    report = run("report", "--day", TODAY, "--html", html, "--csv", sheet)
    assert report.exit_code == 0, report.output
    page = html.read_text("utf-8")
    assert "不平：4 个差异待处理" in page
    for text in (page, sheet.read_text("utf-8-sig")):
        assert not any(visits.citizen(number) in text for number in (1, 2, 6, 9))
        assert setl_id in text
    with sheet.open(encoding="utf-8-sig", newline="") as stream:
        assert [row["记录"] for row in csv.DictReader(stream)].count("差异") == 4


def test_a_person_closes_a_case_from_a_shell(
    his: HisDesk, platform: InsurerPlatform, run: Run, start_bridge: Callable[..., BridgeThread]
) -> None:
    start_bridge()
    only = settled(his, 1, "12.30")
    platform.disagree(drop=[{"setl_id": only["setl_id"]}])
    shown = run("--day", TODAY)
    assert shown.exit_code == 1
    assert "1 ONLY_OURS, 1 new" in shown.output
    number = his.sql.execute("SELECT case_id FROM v_medical_insurance_reconciliation").fetchone()[0]

    done = run("close", number, "--operator", "王主任", "--reason", "已重新结算")
    again = run("close", number, "--operator", "王主任", "--reason", "已重新结算")

    assert (done.exit_code, again.exit_code) == (0, 1), done.output
    assert "不能关闭：该差异已由 王主任 关闭" in again.output
    assert cases(his)[only["setl_id"]][1] == "CLOSED"


def test_a_platform_that_gives_no_details_leaves_an_alert(
    his: HisDesk, platform: InsurerPlatform, run: Run, start_bridge: Callable[..., BridgeThread]
) -> None:
    start_bridge()
    only = settled(his, 1, "12.30")
    platform.disagree(drop=[{"setl_id": only["setl_id"]}])
    platform.order({"fault": "zero_with_error", "infno": "3202"})

    found = reconciled(run)

    assert (found["outcome"], found["kinds"]) == ("INCOMPLETE", {"TOTALS_DIFFER": 1})
    assert "3202 对明细账没有成功" in found["message"]
    assert "3202 对明细账没有成功" in run("--day", TODAY).output
    assert {"RECONCILIATION_FAILED", "RECONCILIATION_DIFFERS"} <= his.alerts()

    platform.order()
    assert reconciled(run)["kinds"] == {"ONLY_OURS": 1}
    assert "RECONCILIATION_FAILED" not in his.alerts()
    assert sorted(row[1] for row in cases(his).values()) == ["GONE", "OPEN"]


def test_it_runs_by_itself_once_in_the_cluster(
    hospital_database: str, his: HisDesk, platform: InsurerPlatform, stack: Any
) -> None:
    for node in ("node-a", "node-b"):
        values = site_values(hospital_database, platform.base_url, node)
        values["reconciliation"] = {"at": "00:00", "until": "00:00", "days": 2}
        stack.enter_context(BridgeThread(Settings.model_validate(values)))

    def runs() -> list[Any]:
        rows = his.sql.execute(
            "SELECT first_day, outcome FROM medical_insurance_reconciliation_runs ORDER BY run_id"
        ).fetchall()
        return [tuple(row) for row in rows]

    eventually(lambda: len(runs()) == 2 and runs()[1][1] is not None, "both days", limit_s=30)

    assert [row[1] for row in runs()] == ["BALANCED", "BALANCED"]
    assert [(TODAY - row[0]) // timedelta(days=1) for row in runs()] == [2, 1]
    message = his.sql.execute(
        "SELECT message FROM medical_insurance_job_runs WHERE job_name = 'reconciliation'"
    ).fetchall()
    assert len(message) == 1
    assert message[0][0].count("平：结算 0 笔，差异 0 个") == 2


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--day", "2026-03-01", "--from", "2026-03-01"], "Give --day, or --from and --to."),
        (["--from", "2026-03-01"], "Give --from and --to together."),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "2026-03-01 is before 2026-03-02"),
        (["--day", "yesterday"], "does not match the format"),
        (["report"], "Say what to write"),
        (["report", "--html", "/nowhere/at/all.html"], "cannot be written"),
        (["close", "1", "--operator", "王"], "--reason"),
    ],
)
def test_bad_input_is_named(run: Run, arguments: list[str], fault: str) -> None:
    refused = run(*arguments)

    assert refused.exit_code == 2
    assert fault in refused.output


def test_patients_in_clear_are_for_a_login_that_may(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = tmp_path / "report.html"
    assert run("report", "--html", html, "--with-patients").exit_code == 0
    assert "已按授权完整显示" in html.read_text("utf-8")

    def refuse(*_: object) -> None:
        raise StoreRejected("sp_mi_reconciliation_patients: permission denied", sqlstate="42501")

    monkeypatch.setattr(OdbcReconciliationStore, "patients", refuse)
    refused = run("report", "--html", html, "--with-patients")
    assert refused.exit_code == 1
    assert "role mi_resolver" in refused.output
    monkeypatch.setattr(OdbcReconciliationStore, "runs", refuse)
    assert "role mi_resolver" not in run("report", "--html", html).output
    monkeypatch.setattr(HisClient, "close_case", lambda *_, **__: refuse())
    closing = run("close", 1, "--operator", "王", "--reason", "核对")
    assert (closing.exit_code, "role mi_resolver" in closing.output) == (1, True)


def test_yesterday_is_meant_where_no_day_is_said(run: Run) -> None:
    done = run("--json")

    assert json.loads(done.stdout)["first_day"] == str(TODAY - timedelta(days=1))


def test_a_month_is_asked_at_once(
    his: HisDesk, run: Run, start_bridge: Callable[..., BridgeThread], platform: InsurerPlatform
) -> None:
    start_bridge()
    settled(his, 1, "12.30")
    platform.order({"fault": "busy", "infno": "9101"})

    month = run("--from", TODAY - timedelta(days=30), "--to", TODAY)

    assert month.exit_code == 0, month.output
    assert len(platform.messages(infno="3201")) == 1
    assert "BALANCED" in month.output
