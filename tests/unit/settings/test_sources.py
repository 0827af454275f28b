import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mi_bridge.settings import inspect_settings, load_settings, sources
from mi_bridge.settings.finding import Severity


def test_rank_of_the_sources(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("database.server", "database.user", "database.database"):
        (secrets / name).write_text("secret file")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secrets))
    monkeypatch.setenv("MI_BRIDGE_DATABASE__USER", "environment")
    monkeypatch.setenv("MI_BRIDGE_DATABASE__DATABASE", "environment")
    database = load_settings(good, {"database.database": "command line"}).database
    assert (database.server, database.user, database.database) == (
        "secret file",
        "environment",
        "command line",
    )
    assert database.dialect == "postgresql"


def test_overrides_may_be_nested(good: Path) -> None:
    settings = load_settings(good, {"log": {"level": "debug"}, "log.format": "console"})
    assert (settings.log.level, settings.log.format) == ("debug", "console")


def test_file_is_found_by_variable_then_here(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sources.find_file(None) is None
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(good))
    assert sources.find_file(None) == good
    assert sources.find_file(Path("other")) == Path("other")
    monkeypatch.delenv("MI_BRIDGE_CONFIG")
    here = Path.cwd() / "mi-bridge.toml"
    here.touch()
    assert sources.find_file(None) == here


@pytest.mark.parametrize(("platform", "last"), [("win32", "mi-bridge"), ("linux", "mi-bridge")])
def test_usual_places(platform: str, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PROGRAMDATA", "/programdata")
    here, system = sources.default_files()
    assert here.parent == Path.cwd()
    assert system.parent.name == last
    assert (system.parts[1] == "programdata") is (platform == "win32")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MI_BRIDGE_LOG_LEVEL", "MI_BRIDGE_LOG__LEVEL"),
        ("MI_BRIDGE_LOGG__LEVEL", "MI_BRIDGE_LOG__LEVEL"),
        ("MI_BRIDGE_QQQQQ__ZZZZZZZZ", "one of the sections"),
    ],
)
def test_variables_for_no_setting_are_reported(
    good: Path, monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "canary")
    (finding,) = inspect_settings(good).errors
    assert finding.key == variable
    assert meant in finding.remedy
    assert "canary" not in str(finding)


def test_variables_of_others_and_empty_ones_are_passed_over(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_BRIDGE_TEST_POSTGRESQL", "x")
    monkeypatch.setenv("MI_BRIDGE_LOG__LEVEL", "")
    assert load_settings(good).log.level == "info"


def test_a_section_in_one_variable_must_be_json(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_BRIDGE_DATABASE", "server=canary")
    (finding,) = inspect_settings(good).errors
    assert "<SECTION>__<NAME>" in finding.remedy
    assert "canary" not in str(finding)


def test_secret_files_lose_one_line_end_and_nothing_else(good: Path, tmp_path: Path) -> None:
    (tmp_path / "insurer.app_id").write_bytes(b"\xef\xbb\xbfid\r\n")
    (tmp_path / "insurer.app_secret").write_bytes(b" two\n\n")
    (tmp_path / "other-program").write_text("x")
    insurer = load_settings(good, {"secrets.dir": str(tmp_path)}).insurer
    assert (insurer.app_id.get_secret_value(), insurer.app_secret.get_secret_value()) == ("id", " two\n")


def test_secret_files_for_no_setting_or_unreadable_are_reported(good: Path, tmp_path: Path) -> None:
    (tmp_path / "database.pasword").write_text("canary")
    (tmp_path / "insurer.app_id").write_bytes("密钥".encode("gbk"))
    (tmp_path / "log.qqqqqqqq").write_text("canary")
    findings = {
        finding.key: finding for finding in inspect_settings(good, {"secrets.dir": str(tmp_path)}).errors
    }
    assert "database.password" in findings["database.pasword"].remedy
    assert "database.connection_string or" in findings["log.qqqqqqqq"].remedy
    assert "cannot be read" in findings["insurer.app_id"].fault
    assert "canary" not in str(findings)


def test_a_missing_secrets_folder_is_reported(good: Path, tmp_path: Path) -> None:
    (finding,) = inspect_settings(good, {"secrets.dir": str(tmp_path / "none")}).errors
    assert finding.key == "secrets.dir"


def test_paths_in_the_file_start_from_its_folder(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "database.password").write_text("p")
    file = write(
        '[database]\ndialect="sqlserver"\nserver="h"\ndatabase="d"\nuser="u"\n'
        '[insurer]\nbase_url="http://h"\norg_code="H99010100001"\nprofile="site.toml"\n'
        '[log]\nfile="a.log"\n[secrets]\ndir="secrets"\n'
    )
    settings = load_settings(file)
    assert (settings.insurer.profile, settings.log.file) == (str(tmp_path / "site.toml"), tmp_path / "a.log")
    assert settings.database.password is not None
    assert settings.database.password.get_secret_value() == "p"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'[database]\npassword = "canary\n', "line 2"),
        (b"\xff\xfe", "not UTF-8"),
        ("[log]\nlevel = '信息'".encode("gbk"), "not UTF-8"),
        (b"a = 1\na = 2", "cannot be understood"),
    ],
)
def test_a_broken_file_is_the_only_fault(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    inspection = inspect_settings(file)
    (finding,) = inspection.errors
    assert (finding.key, inspection.settings) == ("config", None)
    assert fault in finding.fault
    assert "canary" not in str(finding)


def test_a_file_named_and_not_there_is_a_fault(tmp_path: Path) -> None:
    (finding,) = inspect_settings(tmp_path / "none{}.toml").errors
    assert "none{}.toml" in finding.fault


def test_a_file_with_a_byte_order_mark_is_read(good: Path) -> None:
    good.write_bytes(b"\xef\xbb\xbf" + good.read_bytes())
    assert load_settings(good).database.server == "192.0.2.10"


def test_a_secret_in_a_file_for_everyone_is_a_warning(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good.write_text(good.read_text().replace('"his"', '"his"\nuser = "u"\npassword = "canary"'))
    assert inspect_settings(good).findings == ()
    good.chmod(0o644)
    inspection = inspect_settings(good)
    assert [(found.key, found.severity) for found in inspection.warnings] == [
        ("database.password", Severity.WARNING)
    ]
    assert inspection.settings is not None
    monkeypatch.setattr(sys, "platform", "win32")  # whose files have access lists instead
    assert inspect_settings(good).findings == ()
