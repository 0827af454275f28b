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
