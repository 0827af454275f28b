"""Every step of a request, a reversal and an inquiry: a node is killed before and after it, and another one finishes.

The steps are numbered as they happen. A message's own steps: ``first_byte`` (before it leaves), ``written`` (all of it left), ``headers``
(the answer has begun), ``answer`` (it is read).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import chaos_his as his
from chaos_processes import Hurry
from chaos_site import Site

Point = tuple[str, str]
_MESSAGE: tuple[Point, ...] = (
    ("first_byte", "before"),
    ("written", "after"),
    ("headers", "after"),
    ("answer", "after"),
)
_FINISH: tuple[Point, ...] = (("finish", "before"), ("finish", "after"))
QUERY: tuple[Point, ...] = (("claim", "before"), ("claim", "after"), *_MESSAGE, *_FINISH)
MONEY: tuple[Point, ...] = (
    ("claim", "before"),
    ("claim", "after"),
    ("begin_send", "before"),
    ("begin_send", "after"),
    *_MESSAGE,
    *_FINISH,
)
STEP: tuple[Point, ...] = (
    ("claim_uncertain", "before"),
    ("claim_uncertain", "after"),
    ("begin_step", "before"),
    ("begin_step", "after"),
    *_MESSAGE,
    ("finish_step", "before"),
    ("finish_step", "after"),
)
# each node works on one request at a time, so that the point is that request's
_ALONE: dict[str, Any] = {"window": 1, "batch": 1}
# nor does it take up what the one before it left, or a request would meet five deaths and be given up
_NO_RESOLVER = Hurry(resolve_s=3600, rescues=False)
_ONE_STEP = Hurry(resolve_s=0.1, capacity=1, grace_s=0, rescues=False)
# a dead node's last claim may still wait in the database and take a request: that one is rescued
_RESCUER = Hurry(resolve_s=3600)
_DIES_S = 20.0
_PERHAPS_S = 4.0


@dataclass
class Crashes:
    """Kills nodes, one after another, and counts them."""

    site: Site
    survived: int = 0

    def at(self, point: Point, nth: int = 1, *, hurry: Hurry = _ONE_STEP) -> None:
        """Start a node that dies at a point, and see it dead."""
        node = self.site.start(hurry=hurry, trap=(*point, nth), ready=False, **_ALONE)
        assert node.ended(_DIES_S) == -signal.SIGKILL, (point, nth, node.log.read_text())
        self.survived += 1

    def request(self, code: str, content: dict[str, Any], point: Point) -> None:
        """Hand in one request, and kill the node that works on it."""
        his.submit(self.site.database, code, content)
        self.at(point, hurry=_NO_RESOLVER)

    def perhaps(self, code: str, content: dict[str, Any], point: Point) -> None:
        """The same where the insurer may keep the point from being reached: no answer, nothing read; then it dies a little later."""
        his.submit(self.site.database, code, content)
        node = self.site.start(hurry=_NO_RESOLVER, trap=(*point, 1), ready=False, **_ALONE)
        if node.ended(_PERHAPS_S) is None:
            node.kill()
        self.survived += 1

    def uncertain(self, code: str, contents: list[dict[str, Any]], fault: str) -> None:
        """Bring about uncertain requests, each by a lost answer."""
        self.site.platform.order({"fault": fault, "infno": code})
        node = self.site.start(hurry=_RESCUER)
        numbers = his.submit(self.site.database, code, *contents)
        his.until(lambda: self._uncertain(numbers), f"{len(numbers)} uncertain requests")
        self.site.platform.order()
        node.kill()

    def _uncertain(self, numbers: list[int]) -> bool:
        rows = dict(self.site.rows("SELECT request_id, status FROM medical_insurance_requests"))
        return all(rows[number] == "UNCERTAIN" for number in numbers)


@pytest.fixture
def crashes(site: Site) -> Crashes:
    return Crashes(site)


@pytest.fixture
def patients() -> Iterator[str]:
    """People, each asked for once."""
    return (his.citizen(number) for number in range(1, 999))


def _settle(site: Site, crashes: Crashes, figures: Callable[[str], None]) -> dict[str, int]:
    """Let an ordinary node finish everything; compare."""
    survivor = site.start()
    statuses = site.rest()
    result = site.audit()
    figures(f"kills survived {crashes.survived}; {result.figures()}")
    result.demand()
    survivor.tell(signal.SIGTERM)
    assert survivor.ended() == 0, survivor.log.read_text()
    return dict(statuses)


def test_a_request_survives_a_kill_at_every_step(
    site: Site, crashes: Crashes, patients: Iterator[str], figures: Callable[[str], None]
) -> None:
    for point in QUERY:
        crashes.request("1101", his.query(next(patients)), point)
    for point in MONEY:
        crashes.request("2102", his.purchase(next(patients)), point)

    statuses = _settle(site, crashes, figures)

    assert crashes.survived == len(QUERY) + len(MONEY) == 18
    assert set(statuses) == {"COMPLETED", "REVERSED"}


def test_a_resolution_survives_a_kill_at_every_step(
    site: Site, crashes: Crashes, patients: Iterator[str], figures: Callable[[str], None]
) -> None:
    """A purchase whose answer was lost is reversed; an admission whose answer was lost is found by an inquiry."""
    purchases = [his.purchase(next(patients)) for _ in STEP]
    admissions = [his.admission(next(patients), f"IP{number}") for number in range(len(STEP))]
    crashes.uncertain("2102", purchases, "reset_after")
    for point in STEP:
        crashes.at(point)
    crashes.uncertain("2401", admissions, "reset_after")
    for point in STEP:
        crashes.at(point)

    statuses = _settle(site, crashes, figures)

    assert crashes.survived == 2 * len(STEP) == 20
    assert statuses == {"REVERSED": len(purchases), "COMPLETED": len(admissions)}


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "fate", ["", "reset_before", "reset_after", "error_after", "busy", "half_answer", "duplicate"]
)
def test_a_request_survives_a_kill_at_every_step_whatever_the_insurer_does(
    fate: str, site: Site, crashes: Crashes, patients: Iterator[str], figures: Callable[[str], None]
) -> None:
    rules = [{"fault": fate, "infno": ["1101", "2102", "2201", "2401"]}] if fate else []
    for point in QUERY:
        site.platform.order(*rules)
        crashes.perhaps("1101", his.query(next(patients)), point)
    for code, content in _payments(patients):
        for point in MONEY:
            site.platform.order(*rules)
            crashes.perhaps(code, content(), point)
    site.platform.order()
    survivor = site.start()
    site.rest(180)
    result = site.audit(network_doubles=fate == "duplicate")
    figures(f"kills survived {crashes.survived}; {result.figures()}")
    survivor.kill()
    result.demand()


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lost", ["reset_before", "reset_after", "silence_after"])
@pytest.mark.parametrize("code", ["2102", "2201", "2401"])
def test_a_resolution_survives_two_kills_at_every_step(
    code: str,
    lost: str,
    site: Site,
    crashes: Crashes,
    patients: Iterator[str],
    figures: Callable[[str], None],
) -> None:
    """Also of an inquiry that is followed by a reversal, also where the original never arrived."""
    make = dict(_payments(patients))[code]
    crashes.uncertain(code, [make() for _ in range(2 * len(STEP))], lost)
    for nth in (1, 2):
        for point in STEP:
            crashes.at(point, nth)
    _settle(site, crashes, figures)


def _payments(patients: Iterator[str]) -> list[tuple[str, Callable[[], dict[str, Any]]]]:
    return [
        ("2102", lambda: his.purchase(next(patients))),
        ("2201", lambda: his.registration(psn := next(patients), f"OP{psn[-6:]}")),
        ("2401", lambda: his.admission(psn := next(patients), f"IP{psn[-6:]}")),
    ]
