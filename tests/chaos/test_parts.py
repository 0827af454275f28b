"""Every step of a request in parts: a node is killed before and after it, and another one finishes; a person decides what is in doubt."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chaos_his as his
import divided_site
import visits
from chaos_processes import Hurry, SimulatorProcess
from chaos_site import Site, write_profile

ROWS, PER_CALL = 10, 4
POINTS: tuple[tuple[str, str, int], ...] = (
    ("divide", "before", 1),
    ("divide", "after", 1),
    ("claim", "after", 2),
    ("begin_send", "before", 1),
    ("begin_send", "after", 2),
    ("first_byte", "before", 2),
    ("written", "after", 2),
    ("answer", "after", 3),
    ("finish", "before", 1),
    ("finish", "after", 2),
    ("finish", "after", 3),
    ("divided", "before", 1),
    ("join", "before", 1),
    ("join", "after", 1),
)
_ALONE: dict[str, Any] = {"window": 1, "batch": 1}
_NO_RESCUE = Hurry(resolve_s=3600, rescues=False)
_DIES_S = 20.0


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The chaos site's profile, with rules that divide."""
    rules = divided_site.write_profile(tmp_path / "rules.toml", rows=PER_CALL).read_text("utf-8")
    file = write_profile(tmp_path / "site.toml")
    file.write_text(file.read_text("utf-8") + rules[rules.index("\n[interfaces.2301.division]") :], "utf-8")
    return file


@pytest.fixture
def platform(tmp_path: Path, profile: Path) -> Iterator[SimulatorProcess]:
    """An insurer that takes so many rows in one call."""
    log = tmp_path / "simulator.err"
    with SimulatorProcess(profile, log, "--max-rows", str(PER_CALL)) as running:
        yield running


def test_a_request_in_parts_survives_a_kill_at_every_step(site: Site, figures: Callable[[str], None]) -> None:
    stays = _admitted(site, len(POINTS))
    for point, (psn_no, mdtrt_id) in zip(POINTS, stays, strict=True):
        his.submit(site.database, "2301", visits.fees(psn_no, mdtrt_id, *(["1.00"] * ROWS)))
        node = site.start(hurry=_NO_RESCUE, trap=point, ready=False, **_ALONE)
        assert node.ended(_DIES_S) == -signal.SIGKILL, (point, node.log.read_text())
        _end_last_calls(site)

    survivor = site.start()
    decided = _settle(site)
    result = site.audit()
    figures(f"kills survived {len(POINTS)}; decided by a person {decided}; {result.figures()}")
    result.demand()
    whole = site.rows("SELECT request_id, status FROM medical_insurance_requests WHERE parent_id IS NULL")
    assert {status for _, status in whole} == {"COMPLETED"}
    parts = site.rows("SELECT count(*)::integer FROM medical_insurance_requests WHERE parent_id IS NOT NULL")
    assert parts == [(3 * len(POINTS),)]
    survivor.kill()


def _admitted(site: Site, count: int) -> list[tuple[str, str]]:
    """Admit so many people; return each with the stay's number."""
    people = [his.citizen(number) for number in range(1, count + 1)]
    node = site.start()
    numbers = [
        his.submit(site.database, "2401", his.admission(psn_no, f"ZY{place}"))[0]
        for place, psn_no in enumerate(people)
    ]
    his.until(lambda: site.statuses() == {"COMPLETED": count}, "the admissions")
    node.kill()
    _end_last_calls(site)
    answers = dict(site.rows("SELECT request_id, response_data FROM v_medical_insurance_result"))
    stays = [json.loads(answers[number])["output"]["result"]["mdtrt_id"] for number in numbers]
    return list(zip(people, stays, strict=True))


def _end_last_calls(site: Site) -> None:
    """A dead node's last claim lives on in the database for a second, and would take what is submitted next."""
    site.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def _settle(site: Site, limit_s: float = 90.0) -> int:
    """Let a person look at the ledger and decide every case, until nothing is open; return how many cases there were."""
    give_up, decided = time.monotonic() + limit_s, set()
    while {"DIVIDED", *site.open_requests()} & set(site.statuses()):
        assert time.monotonic() < give_up, f"not at rest: {dict(site.statuses())}\n{site.last_words()}"
        time.sleep(0.2)
        for number, msgid in site.rows("SELECT request_id, original_msgid FROM v_medical_insurance_manual"):
            decided.add(number)
            stands = any(effect["msgid"] == msgid for effect in site.platform.ledger()["effects"])
            site.rows(
                "CALL sp_medical_insurance_resolve(?, ?, '张', '查账', NULL)",
                *(number, "EFFECTIVE" if stands else "NOT_EFFECTIVE"),
            )
    return len(decided)
