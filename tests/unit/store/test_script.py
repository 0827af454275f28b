"""Scripts: complete, pure, and cut where the driver needs it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mi_bridge import __version__
from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import SchemaError
from mi_bridge.resources import folder
from mi_bridge.store import script
from mi_bridge.store.dialect import Dialect

QUERY = Interface("1101", "人员'信息'获取", "人员信息", MoneyClass.QUERY, ordered=False, enabled=True)
MONEY = Interface(
    "2207", "门诊结算", "门诊", MoneyClass.MONEY, ordered=True, enabled=False, reversed_by="2601"
)
DIALECTS = [dialect for dialect in Dialect if (folder("sql") / dialect.value / "install").is_dir()]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_script_is_the_same_each_time(dialect: Dialect) -> None:
    for action in ("install", "uninstall", "grants"):
        text = made(dialect, action)
        assert text == made(dialect, action)
        assert text.startswith(f"-- mi-bridge {__version__}: {action} for {dialect.value}.")
        assert "{{" not in text


def made(dialect: Dialect, action: str) -> str:
    if action == "install":
        return script.install_script(dialect, [QUERY, MONEY])
    if action == "grants":
        return script.grants_script(dialect)
    return script.uninstall_script(dialect, purge=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_install_makes_every_object_of_the_manifest_in_its_order(dialect: Dialect) -> None:
    text = script.install_script(dialect, [])
    places = []
    for item in script.manifest():
        if item.kind in ("VIEW", "ROUTINE"):
            made = re.search(rf"CREATE OR \w+ \w+ (public|dbo)\.{item.name}\b", text)
            assert made is not None, item.name
            places.append(made.start())
        if item.kind == "TABLE":
            assert re.search(rf"CREATE TABLE (IF NOT EXISTS )?(public|dbo)\.{item.name}\b", text), item.name
        assert f"('{item.name}', '{item.kind}')" in text
    assert places == sorted(places)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_uninstall_removes_every_object_of_the_manifest(dialect: Dialect) -> None:
    kept = script.uninstall_script(dialect, purge=False)
    purged = script.uninstall_script(dialect, purge=True)
    for item in script.manifest():
        dropped = rf"DROP \w+ (IF EXISTS )?(public|dbo)\.{item.name}\b"
        if item.kind in ("VIEW", "ROUTINE"):
            assert re.search(dropped, kept), item.name
        if item.kind == "TABLE":
            assert not re.search(dropped, kept), item.name
            assert re.search(dropped, purged), item.name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_file_of_sql_is_forgotten(dialect: Dialect) -> None:
    listed = {(item.kind, item.name) for item in script.manifest()}
    for kind, place in (("MIGRATION", "migrations"), ("VIEW", "views"), ("ROUTINE", "routines")):
        files = {file.stem for file in (folder("sql") / dialect.value / place).glob("*.sql")}
        assert files == {name for listed_kind, name in listed if listed_kind == kind}


def test_both_dialects_have_the_same_files() -> None:
    trees = [
        {
            file.relative_to(folder("sql") / dialect.value)
            for file in (folder("sql") / dialect.value).rglob("*.sql")
        }
        for dialect in DIALECTS
    ]
    # demo/ makes the databases and logins of this program's own trial, which runs on PostgreSQL
    installed = [{file for file in tree if file.parts[0] != "demo"} for tree in trees]
    assert all(tree == installed[0] for tree in installed)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_statements_lose_nothing_but_comments_and_frames(dialect: Dialect) -> None:
    text = script.install_script(dialect, [QUERY])
    parts = list(script.statements(dialect, text))
    assert len(parts) > 50
    for item in script.manifest():
        if item.kind == "ROUTINE":
            whole = [
                part for part in parts if re.search(rf"CREATE OR \w+ \w+ (public|dbo)\.{item.name}\b", part)
            ]
            assert len(whole) == 1, item.name
    if dialect is Dialect.POSTGRESQL:
        assert all(part.count("$$") % 2 == 0 for part in parts)
        assert not any(re.match(r"\s*(BEGIN|COMMIT);\s*$", part) for part in parts)


def test_sql_server_batches_are_parted_by_go() -> None:
    text = "-- title\nGO\nSELECT 1\nGO\n  go  \nSELECT 'GO'\nGO\n-- only a comment\nGO\n"
    parts = [part.strip() for part in script.statements(Dialect.SQLSERVER, text)]
    assert parts == ["SELECT 1", "SELECT 'GO'"]


def test_postgresql_statements_end_outside_of_dollars() -> None:
    text = "BEGIN;\n-- a; comment;\nSELECT 1;\nDO $$\nBEGIN\n  x;\nEND;\n$$;\nSELECT\n  2;\nCOMMIT;\n"
    parts = [part.strip() for part in script.statements(Dialect.POSTGRESQL, text)]
    assert len(parts) == 3
    assert parts[1] == "DO $$\nBEGIN\n  x;\nEND;\n$$;"
    assert parts[2] == "SELECT\n  2;"


def test_interfaces_become_rows() -> None:
    rows = json.loads(script.interfaces_json([QUERY, MONEY]))
    assert rows[1] == {
        "interface_code": "2207",
        "interface_name": "门诊结算",
        "interface_group": "门诊",
        "money_class": "M",
        "ordered": 1,
        "enabled": 0,
        "reversed_by": "2601",
    }
    assert json.loads(script.interfaces_json([])) == []


def test_a_quote_in_a_name_stays_a_quote() -> None:
    assert "人员''信息''获取" in script.install_script(Dialect.POSTGRESQL, [QUERY])
    hostile = replace(QUERY, interface_name="'); DROP TABLE x; --")
    assert "''); DROP TABLE x; --" in script.install_script(Dialect.POSTGRESQL, [hostile])


def test_an_incomplete_installation_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(script, "folder", lambda name: tmp_path)
    with pytest.raises(SchemaError, match=r"sql/postgresql/grants/roles\.sql is missing"):
        script.grants_script(Dialect.POSTGRESQL)
