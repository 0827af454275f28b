from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Invoke = Callable[..., Result]


def test_valid_settings(invoke: Invoke, settings_file: Path) -> None:
    shown = invoke("check", "--config", settings_file)
    told = json.loads(invoke("check", "--config", settings_file, "--json").stdout)
    assert shown.exit_code == 0
    assert "profile demo" in shown.stdout
    assert (told["ok"], told["profile"], told["findings"]) == (True, "demo", [])
    assert told["interfaces"] > 200


def test_every_fault_at_once_even_the_profile_s(invoke: Invoke, settings_file: Path) -> None:
    result = invoke(
        "check", "-c", settings_file, "--set", "bridge.window=0", "--set", "insurer.profile=nowhere", "--json"
    )
    keys = [finding["key"] for finding in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 78
    assert keys[0] == "bridge.window"
    assert keys[1].endswith("nowhere.toml")


def test_the_profile_named_in_the_file_is_read_though_other_settings_are_wrong(
    invoke: Invoke, settings_file: Path
) -> None:
    settings_file.write_text('[insurer]\nprofile = "hunan"\n', encoding="utf-8")
    told = json.loads(invoke("check", "-c", settings_file, "--json").stdout)
    assert (told["ok"], told["profile"]) == (False, "hunan")


def test_a_certificate_file_that_is_none(invoke: Invoke, settings_file: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate", encoding="utf-8")
    result = invoke("check", "-c", settings_file, "--set", f"insurer.ca_bundle={bundle}")
    assert result.exit_code == 78
    assert "ca_bundle" in result.stderr
    assert "1 to mend" in result.stderr


def test_a_warning_does_not_fail(invoke: Invoke, settings_file: Path) -> None:
    settings_file.chmod(0o644)
    result = invoke("check", "-c", settings_file)
    assert result.exit_code == 0
    assert "warning" in result.stderr
    assert "canary" not in result.output


def _own_profile(folder: Path, more: str) -> Path:
    file = folder / "own.toml"
    site = 'name = "own"\nmdtrtarea_admvs = "990101"\nrecer_sys_code = "99"\ninfver = "1.0"\n'
    file.write_text(site + more + '\n[signing]\nkind = "none"\n', encoding="utf-8")
    return file


def test_every_fault_of_a_profile_is_a_finding_of_its_own(
    invoke: Invoke, settings_file: Path, tmp_path: Path
) -> None:
    file = _own_profile(tmp_path, 'colour = 1\ntimezone = "Asia/Nowhere"')
    result = invoke("check", "-c", settings_file, "--set", f"insurer.profile={file}", "--json")
    findings = json.loads(result.stdout)["findings"]

    assert result.exit_code == 78
    assert [one["key"] for one in findings] == [f"{file}: timezone", f"{file}: colour"]
    assert all(one["fault"] and one["remedy"] for one in findings)


def test_a_key_file_that_is_no_key_is_named(invoke: Invoke, settings_file: Path, tmp_path: Path) -> None:
    key = tmp_path / "sign.pem"
    key.write_text("CANARY no key", encoding="utf-8")
    file = _own_profile(tmp_path, 'cainfo_kind = "sm2"')
    sets = ("--set", f"insurer.profile={file}", "--set", f"insurer.sign_key={key}")
    result = invoke("check", "-c", settings_file, *sets)

    assert result.exit_code == 78
    assert "sign_key: names the file" in result.stderr
    assert "CANARY" not in result.output


def test_an_address_the_profile_wants_and_nobody_gave(invoke: Invoke, settings_file: Path) -> None:
    sets = ("--set", "insurer.profile=guangzhou", "--set", "insurer.sign_in_password=x")
    lacking = invoke("check", "-c", settings_file, *sets)
    given = invoke(
        "check", "-c", settings_file, *sets, "--set", "insurer.base_urls.settlement_list=http://10.0.0.1"
    )

    assert (lacking.exit_code, given.exit_code) == (78, 0)
    assert "base_urls.settlement_list: is missing" in lacking.stderr
