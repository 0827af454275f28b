from __future__ import annotations

import os
from pathlib import Path

import pytest

from mi_bridge.errors import StoreError
from mi_bridge.store.server_account import ServerAccount


def test_an_ordinary_user_runs_the_server_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ServerAccount.suitable() == ServerAccount()


def test_root_lends_the_server_to_the_first_account_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = ServerAccount.suitable(("no-such-account", "nobody"))
    assert account.uid not in (None, 0)
    assert account.gid not in (None, 0)


def test_root_without_a_stand_in_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(StoreError, match=r"cannot run as root.*useradd"):
        ServerAccount.suitable(("no-such-account",))


def test_programs_run_without_the_callers_variables_and_speak_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGDATA", "/somebody/elses")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    said = ServerAccount.suitable().run("env").stdout.splitlines()
    assert "LC_ALL=C" in said
    assert "TZ=Asia/Shanghai" in said
    assert not [line for line in said if line.startswith("PG")]


def test_programs_never_run_as_root() -> None:
    assert ServerAccount.suitable().run("id", "-u").stdout.strip() != "0"


def test_a_program_that_cannot_be_run_is_told_with_the_remedy() -> None:
    with pytest.raises(StoreError, match=r"no-such-program cannot be run.*ordinary user"):
        ServerAccount.suitable().run("/no-such-program")


def test_files_are_handed_over_only_to_another_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: given.append((path, uid, gid)))
    ServerAccount().own(tmp_path)
    ServerAccount(7, 8).own(tmp_path)
    assert given == [(tmp_path, 7, 8)]


def test_an_account_reaches_what_it_may_enter() -> None:
    account = ServerAccount.suitable()
    assert account.reaches(Path("/usr"))
    assert not account.reaches(Path("/no-such-folder"))
