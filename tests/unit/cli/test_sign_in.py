"""``mi-bridge sign-in`` at a real database and a live simulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from insurer_platform import InsurerPlatform
from mi_bridge.cli.main import program
from mi_bridge.daemon import interfaces_of
from mi_bridge.domain.sign_in import SignInResult, SignInWish
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer
from mi_bridge.store.odbc_sign_in_store import OdbcSignInStore

ORG = "H99010100001"
Invoke = Callable[..., Result]


@pytest.fixture
def platform() -> Iterator[InsurerPlatform]:
    with InsurerPlatform(require_sign_in=True) as running:
        yield running


@pytest.fixture
def make(
    database: str, platform: InsurerPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Invoke]:
    """Run commands at a site of the given policy."""
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    Installer(connection).install(interfaces_of(load_profile("demo").catalogue()))
    connection.close()

    def at(policy: str) -> Invoke:
        text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
        (tmp_path / "site.toml").write_text(f'{text}\n[sign_in]\npolicy = "{policy}"\n', encoding="utf-8")
        file = tmp_path / "mi-bridge.toml"
        file.write_text(
            f"[database]\ndialect = 'postgresql'\nconnection_string = '{database}'\n"
            f"[insurer]\nprofile = '{tmp_path / 'site.toml'}'\nbase_url = '{platform.base_url}'\n"
            f"app_id = 'demo'\napp_secret = 'demo-secret'\norg_code = '{ORG}'\n",
            encoding="utf-8",
        )
        file.chmod(0o600)
        monkeypatch.setenv("MI_BRIDGE_CONFIG", str(file))
        return lambda *arguments: CliRunner().invoke(program, ["sign-in", *arguments])

    return at


def _numbers(platform: InsurerPlatform) -> list[str]:
    return list(platform.simulator.platform.centre.sign_ins._by_number)


def test_operators_are_signed_in_listed_and_signed_out(
    make: Callable[[str], Invoke], platform: InsurerPlatform
) -> None:
    invoke = make("daily")
    assert invoke("status").stdout == "Nobody has signed in.\n"
    assert invoke("now").stdout == f"Signed in: {ORG}, operator demo.\n"
    assert invoke("now", "--operator", "0001").exit_code == 0
    assert invoke("now").exit_code == 0
    numbers = _numbers(platform)
    assert len(numbers) == 3

    listed = invoke("status")
    rows = json.loads(invoke("status", "--json").stdout)
    assert [(row["opter"], row["state"]) for row in rows] == [("0001", "SIGNED_IN"), ("demo", "SIGNED_IN")]
    assert rows[0]["node_id"].startswith("cli-")
    assert "0001" in listed.stdout
    assert not any(number in listed.stdout + json.dumps(rows) for number in numbers)

    assert invoke("out", "--operator", "0001").stdout == "Signed out: 1.\n"
    assert invoke("out", "--org", "H99010100002").stdout == "Signed out: 0.\n"
    assert invoke("out").stdout == "Signed out: 1.\n"
    assert {row["state"] for row in json.loads(invoke("status", "--json").stdout)} == {"SIGNED_OUT"}


def test_a_refused_sign_in_is_told_with_the_platforms_words(
    make: Callable[[str], Invoke], platform: InsurerPlatform
) -> None:
    platform.sign_in(refuse="操作员不存在")
    refused = make("on_demand")("now")
    assert refused.exit_code == 1
    assert "操作员不存在" in refused.stderr


def test_where_nobody_signs_in_nobody_can_be_ordered_to(make: Callable[[str], Invoke]) -> None:
    for command in ("now", "out"):
        told = make("never")(command)
        assert told.exit_code == 78
        assert "nobody signs in here" in told.stderr


def test_the_doctor_asks_after_sign_ins(make: Callable[[str], Invoke], database: str) -> None:
    make("daily")
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    store = OdbcSignInStore(connection)
    reply = store.take_sign_in("n1", SignInWish(ORG, "0001"))
    store.finish_sign_in("n1", SignInResult(ORG, "0001", reply.epoch, message="操作员不存在", retry_ms=1000))
    connection.close()
    found = json.loads(CliRunner().invoke(program, ["doctor", "--json"]).stdout)["findings"]
    told = [(one["level"], one["message"]) for one in found if one["probe"] == "sign-in"]
    assert told == [
        ("warn", f"operator 0001 of {ORG} cannot sign in: 操作员不存在"),
        ("ok", "policy daily; 0 of 1 known operators signed in"),
    ]
