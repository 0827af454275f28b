from typing import Any

import pytest

from mi_bridge.settings import inspect_settings

DATABASE = {"dialect": "postgresql", "server": "h", "database": "d"}
INSURER = {"base_url": "http://h", "org_code": "H99010100001"}


def faults(**changes: dict[str, Any]) -> list[tuple[str, str]]:
    values = {"database": DATABASE, "insurer": INSURER, **changes}
    return [(finding.key, finding.severity) for finding in inspect_settings(None, values).findings]


def test_good_settings_have_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("database", "keys"),
    [
        ({"dialect": "postgresql", "connection_string": "Driver=x"}, []),
        ({**DATABASE, "connection_string": "Driver=x"}, ["database.connection_string"]),
        ({"dialect": "postgresql"}, ["database.database", "database.server"]),
        ({**DATABASE, "password": "x"}, ["database.user"]),
        ({**DATABASE, "encrypt": "strict"}, ["database.encrypt"]),
        ({**DATABASE, "dialect": "sqlserver", "encrypt": "strict"}, []),
        (
            {**DATABASE, "dialect": "sqlserver", "encrypt": "strict", "trust_server_certificate": True},
            ["database.trust_server_certificate"],
        ),
    ],
)
def test_database(database: dict[str, Any], keys: list[str]) -> None:
    assert faults(database=database) == [(key, "error") for key in keys]


@pytest.mark.parametrize(
    ("bridge", "key"),
    [
        ({"lease_s": 29.9}, "bridge.lease_s"),
        ({"wait_busy_step_ms": 21}, "bridge.wait_busy_step_ms"),
        ({"wait_idle_step_ms": 5000, "wait_max_ms": 4999}, "bridge.wait_idle_step_ms"),
        ({"retry_base_s": 31}, "bridge.retry_base_s"),
    ],
)
def test_bridge(bridge: dict[str, Any], key: str) -> None:
    assert faults(bridge=bridge) == [(key, "error")]


def test_access_key_and_secret_come_together() -> None:
    assert faults(insurer={**INSURER, "app_id": "x"}) == [("insurer.app_secret", "error")]
    assert faults(insurer={**INSURER, "app_secret": "x"}) == [], "a site may know us by a header alone"


def test_a_drain_shorter_than_a_call_is_a_warning() -> None:
    assert faults(insurer={**INSURER, "call_timeout_s": 60}) == [("bridge.drain_s", "warning")]
    assert faults(insurer={**INSURER, "call_timeout_s": 20}) == []


def test_rules_of_a_right_section_are_told_beside_faults_of_another() -> None:
    found = faults(database={"dialect": "oracle"}, bridge={"lease_s": 5})
    assert found == [("database.dialect", "error"), ("bridge.lease_s", "error")]
