import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.settings import effective_settings, inspect_settings, load_settings


def test_no_settings_at_all_names_every_missing_key() -> None:
    keys = [finding.key for finding in inspect_settings().errors]
    assert keys == ["database.dialect", "insurer.base_url", "insurer.org_code"]


def test_one_fault_keeps_its_key(good: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(good, {"bridge.window": 0})
    assert caught.value.key == "bridge.window"
    assert "must be at least 1, but is 0 (command line)" in str(caught.value)
    assert "default 200" in caught.value.remedy


def test_many_faults_are_told_together_and_without_secrets(write: Callable[[str], Path]) -> None:
    file = write(
        '[database]\ndialect="postgresql"\npasword="canary"\npassword=123456789\n'
        '[insurer]\nbase_url="http://u:canary@h"\napp_secret=["canary"]\n[brige]\n[log]\nfile_backups="x"\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file)
    text = str(caught.value)
    assert caught.value.key == "settings"
    for key in (
        "database.pasword",
        "database.password",
        "insurer.base_url",
        "insurer.org_code",
        "insurer.app_secret",
    ):
        assert key in text
    assert "Did you mean bridge?" in text
    assert "Did you mean database.password?" in text
    assert "canary" not in text
    assert "123456789" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_section_that_is_a_value_is_named(good: Path) -> None:
    (finding,) = inspect_settings(good, {"log": "debug"}).errors
    assert (finding.key, finding.remedy) == ("log", "Write [log] on a line of its own, its keys below.")


def test_a_key_like_no_other_is_answered_with_the_known_ones(good: Path) -> None:
    (finding,) = inspect_settings(good, {"log.qqqqqqqq": 1}).errors
    assert finding.remedy == "Known here: level, format, file, file_max_mb, file_backups."


def test_long_values_are_shortened(good: Path) -> None:
    (finding,) = inspect_settings(good, {"insurer.org_code": "9" * 500}).errors
    assert len(finding.value) == 80
    assert json.dumps(finding.as_dict())


def test_faults_without_a_phrase_of_ours_keep_pydantics(good: Path) -> None:
    (finding,) = inspect_settings(good, {"insurer.ca_bundle": "/nowhere.pem"}).errors
    assert finding.fault == "is not a file that can be found"


def test_effective_settings_are_json_without_secrets(good: Path) -> None:
    settings = load_settings(good, {"database.user": "u", "database.password": "canary"})
    text = json.dumps(effective_settings(settings))
    assert "canary" not in text
    assert '"password": "**********"' in text
