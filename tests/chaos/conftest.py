"""Whole systems of real processes, to be killed, stopped, starved and lied to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chaos_processes import Fleet, SimulatorProcess
from chaos_site import Site, write_profile
from mi_bridge.daemon import interfaces_of
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer

_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def chaos_template(new_database: Callable[..., str]) -> str:
    """A database with our SQL and the demo profile's whole catalogue in it, to which nobody is connected."""
    connection_string = new_database()
    connection = DatabaseConnection(connection_string, Dialect.POSTGRESQL)
    Installer(connection).install(interfaces_of(load_profile("demo").catalogue()))
    connection.close()
    return connection_string


@pytest.fixture
def hospital_database(new_database: Callable[..., str], chaos_template: str) -> str:
    """The connection string of a database of the test's own, with everything installed."""
    return new_database(chaos_template)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Starts nodes; none of them outlives the test."""
    with Fleet(tmp_path) as running:
        yield running


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The site's profile."""
    return write_profile(tmp_path / "site.toml")


@pytest.fixture
def platform(tmp_path: Path, profile: Path) -> Iterator[SimulatorProcess]:
    """The simulated insurer, a process of its own."""
    with SimulatorProcess(profile, tmp_path / "simulator.err") as running:
        yield running


@pytest.fixture
def site(
    hospital_database: str, tmp_path: Path, fleet: Fleet, platform: SimulatorProcess, profile: Path
) -> Site:
    """A hospital without a node."""
    return Site(hospital_database, tmp_path, fleet, platform, profile)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line of figures: at once (``pytest -s``) and in the test's report."""

    def note(line: str) -> None:
        print(f"\n[{request.node.name}] {line}")  # noqa: T201 - the figures are what the test is for
        request.node.user_properties.append(("figures", line))

    return note


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the figures; with pytest-xdist they come with the workers' reports."""
    if report.when == "call":
        name = report.nodeid.rsplit("::", maxsplit=1)[-1]
        _FIGURES.extend(f"{name}: {line}" for key, line in report.user_properties if key == "figures")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every figure at the end of the run."""
    if _FIGURES:
        terminalreporter.section("chaos")
        for line in _FIGURES:
            terminalreporter.write_line(line)
