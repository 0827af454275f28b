"""Whole systems: HIS's procedures, a database, the bridge, the simulated platform."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge_process import BridgeProcess
from bridge_thread import BridgeThread
from clean_database import clean
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.daemon import interfaces_of
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer
from site_settings import site_settings, site_values, write_settings


@pytest.fixture(scope="session")
def hospital_template(new_database: Callable[..., str]) -> str:
    """A database with our SQL and the demo profile's whole catalogue in it, to which nobody is connected."""
    connection_string = new_database()
    connection = DatabaseConnection(connection_string, Dialect.POSTGRESQL)
    Installer(connection).install(interfaces_of(load_profile("demo").catalogue()))
    connection.close()
    return connection_string


@pytest.fixture(scope="session")
def used_database(new_database: Callable[..., str], hospital_template: str) -> str:
    """A copy of the template that tests use one after the other; making and dropping one for each takes longer than they."""
    return new_database(hospital_template)


@pytest.fixture
def hospital_database(used_database: str) -> str:
    """The connection string of a database with everything installed and nothing in it."""
    clean(used_database)
    return used_database


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test started ends with it, the last first."""
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def his(hospital_database: str) -> Iterator[HisDesk]:
    """HIS at the test's own database."""
    with HisDesk(hospital_database) as desk:
        yield desk


@pytest.fixture
def platform() -> Iterator[InsurerPlatform]:
    """A live simulator of the test's own."""
    with InsurerPlatform() as running:
        yield running


@pytest.fixture
def start_bridge(
    hospital_database: str, platform: InsurerPlatform, stack: ExitStack
) -> Callable[..., BridgeThread]:
    """Start a node on a thread; settings of ``[bridge]`` by keyword."""

    def start(node: str = "node-a", **bridge: Any) -> BridgeThread:
        settings = site_settings(hospital_database, platform.base_url, node, **bridge)
        return stack.enter_context(BridgeThread(settings))

    return start


@pytest.fixture
def spawn_bridge(
    hospital_database: str, platform: InsurerPlatform, stack: ExitStack, tmp_path: Path
) -> Callable[..., BridgeProcess]:
    """Start a node as a process; settings of ``[bridge]`` by keyword."""

    def spawn(
        node: str = "node-a", *, database: str = "", base_url: str = "", **bridge: Any
    ) -> BridgeProcess:
        values = site_values(database or hospital_database, base_url or platform.base_url, node, **bridge)
        folder = tmp_path / f"{node}-{uuid.uuid4().hex[:6]}"
        folder.mkdir()
        process = BridgeProcess(write_settings(folder, values), node)
        stack.callback(process.end)
        process.start()
        return process

    return spawn
