"""A saga's every step, with a real node killed before and after it; another one finishes, and the ledger is compared."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import visits
from chaos_processes import Hurry
from chaos_site import Site
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.traffic.saga_library import SagaLibrary
from saga_audit import differences
from saga_desk import SagaDesk, inpatient, outpatient
from waiting import eventually

Point = tuple[str, str, int]
# a saga of five steps is moved six times, the last time to its end
MOVES: tuple[Point, ...] = tuple(
    (step, when, nth)
    for nth in range(1, 7)
    for step, when in (("claim_sagas", "after"), ("advance_saga", "before"), ("advance_saga", "after"))
)
MESSAGES: tuple[Point, ...] = tuple(
    (step, when, nth)
    for nth in range(1, 6)
    for step, when in (
        ("claim", "after"),
        ("first_byte", "before"),
        ("headers", "after"),
        ("finish", "before"),
        ("finish", "after"),
    )
)
# one move more, one message more: the compensations
BACK_MOVES = tuple((step, when, nth) for step, when, _ in MOVES[:3] for nth in range(1, 8))
BACK_MESSAGES = tuple((step, when, nth) for step, when, _ in MESSAGES[:5] for nth in range(1, 7))
_DIES_S = 30.0
_HURRY = Hurry(resolve_s=0.2, grace_s=0)


@pytest.fixture
def desk(site: Site) -> Iterator[SagaDesk]:
    """HIS, at a database that knows the shipped sagas."""
    library = SagaLibrary(folder("config") / "sagas", load_profile("demo").catalogue())
    store = OdbcSagaStore(DatabaseConnection(site.database, Dialect.POSTGRESQL))
    store.sync_sagas(tuple(library.read().definitions.values()), ())
    store.close()
    with SagaDesk(site.database) as opened:
        yield opened


class Kills:
    """Kills a node at a point of a saga, lets another finish it, and keeps account."""

    def __init__(self, site: Site, desk: SagaDesk) -> None:
        self._site = site
        self._desk = desk
        self.seen: dict[str, tuple[str, str]] = {}
        self.asked = 0

    def at(self, point: Point, code: str, make: Callable[[int], dict[str, Any]], **spoil: Any) -> str:
        """Return how the saga ended."""
        person = len(self.seen) + 1
        number = self._desk.submit(code, {**make(person), **spoil})
        doomed = self._site.start(hurry=_HURRY, trap=point, ready=False)
        assert doomed.ended(_DIES_S) == -signal.SIGKILL, (point, doomed.log.read_text())
        survivor = self._site.start(hurry=_HURRY)
        eventually(lambda: self._ended(number), f"the end of saga {number} after {point}", limit_s=60)
        survivor.kill()
        self.seen[visits.citizen(person)] = (code, self._desk.status(number))
        return self._desk.status(number)

    def _ended(self, number: int) -> bool:
        self.asked += self._site.decide()
        return self._desk.status(number) in ("COMPLETED", "COMPENSATED")

    def compare(self) -> list[str]:
        """Return in words where sagas, requests and ledger disagree."""
        twice = self._site.rows(
            "SELECT business_key FROM medical_insurance_requests GROUP BY 1 HAVING count(*) > 1"
        )
        return differences(self.seen, self._site.platform.ledger()["effects"]) + [
            f"SUBMITTED TWICE: {row[0]}" for row in twice
        ]

    def figures(self) -> str:
        """Return what was survived."""
        ends: dict[str, int] = {}
        for _, status in self.seen.values():
            ends[status] = ends.get(status, 0) + 1
        return f"kills survived {len(self.seen)}; sagas {ends}; asked a person {self.asked}; differences {len(self.compare())}"


@pytest.fixture
def kills(site: Site, desk: SagaDesk) -> Kills:
    return Kills(site, desk)


@pytest.mark.parametrize(
    "point", [("advance_saga", "before", 3), ("advance_saga", "after", 3), ("finish", "before", 2)]
)
def test_a_saga_survives_a_kill(kills: Kills, figures: Callable[[str], None], point: Point) -> None:
    status = kills.at(point, "outpatient", outpatient)
    figures(kills.figures())
    assert status == "COMPLETED"
    assert kills.compare() == []


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("code", "make"), [("outpatient", outpatient), ("inpatient", inpatient)])
@pytest.mark.parametrize("points", [MOVES, MESSAGES], ids=["moves", "messages"])
def test_a_saga_survives_a_kill_at_every_step(
    kills: Kills,
    figures: Callable[[str], None],
    points: tuple[Point, ...],
    code: str,
    make: Callable[[int], dict[str, Any]],
) -> None:
    for point in points:
        status = kills.at(point, code, make)
        if point[0] in ("claim_sagas", "advance_saga"):
            assert status == "COMPLETED", point
    figures(kills.figures())
    assert kills.compare() == []


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("points", [BACK_MOVES, BACK_MESSAGES], ids=["moves", "messages"])
def test_a_saga_that_turns_back_survives_a_kill_at_every_step(
    points: tuple[Point, ...], kills: Kills, figures: Callable[[str], None]
) -> None:
    """Four steps forward, the last of them refused; two compensations; seven moves."""
    for point in points:
        assert kills.at(point, "outpatient", outpatient, medfee_sumamt="1.00") == "COMPENSATED", point
    figures(kills.figures())
    assert kills.compare() == []
