import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mi_bridge.resources import folder
from mi_bridge.settings import (
    BridgeSettings,
    DatabaseSettings,
    InsurerSettings,
    Settings,
    known_keys,
    load_settings,
)

KEYS = known_keys()


@pytest.mark.parametrize("key", KEYS)
def test_every_description_tells_bounds_and_default(key: str) -> None:
    field = KEYS[key]
    text = field.description or ""
    assert "default" in text or "required" in text
    assert all(f"{bound:g}" in text or str(bound) in text for bound in _bounds(field))
    if isinstance(field.default, int | float) and not isinstance(field.default, bool):
        assert f"default {field.default}" in text


def _bounds(field: FieldInfo) -> list[float]:
    names = ("ge", "gt", "le", "lt")
    return [
        getattr(rule, name)
        for rule in field.metadata
        for name in names
        if getattr(rule, name, None) is not None
    ]


def test_sample_names_every_key_once_and_tells_true_defaults() -> None:
    lines = (folder("config") / "mi-bridge.toml").read_text(encoding="utf-8").splitlines()
    whole = "\n".join(line.removeprefix("# ") if _is_key(line) else line for line in lines)
    sample = tomllib.loads(whole)
    assert {f"{section}.{name}" for section, table in sample.items() for name in table} == set(KEYS)
    for key in (
        key for line in lines if line.startswith("# ") and _is_key(line) for key in [_key(line, lines)]
    ):
        section, name = key.split(".")
        default = KEYS[key].default
        if isinstance(default, int | float | str) and default is not None:
            assert sample[section][name] == default, key


def _is_key(line: str) -> bool:
    name, equals, _ = line.removeprefix("# ").partition(" = ")
    return bool(equals) and name.isidentifier()


def _key(line: str, lines: list[str]) -> str:
    above = lines[: lines.index(line)]
    section = next(text.strip("[]") for text in reversed(above) if text.startswith("["))
    return f"{section}.{line.removeprefix('# ').partition(' = ')[0]}"


def test_sample_loads_as_it_stands() -> None:
    settings = load_settings(folder("config") / "mi-bridge.toml")
    assert (settings.database.dialect, settings.insurer.org_code) == ("sqlserver", "H99010100001")


def test_settings_are_frozen_and_show_no_secret() -> None:
    settings = Settings(
        database=DatabaseSettings(dialect="postgresql", connection_string="PWD=canary"),
        insurer=InsurerSettings(base_url="http://h", org_code="P99010100001", app_secret="canary"),
    )
    assert "canary" not in f"{settings!r}{settings}"
    with pytest.raises(ValidationError):
        settings.bridge = BridgeSettings()  # type: ignore[misc]  # that it cannot be set is the point


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (InsurerSettings, {"base_url": "ftp://h", "org_code": "H99010100001"}),
        (InsurerSettings, {"base_url": "http://", "org_code": "H99010100001"}),
        (InsurerSettings, {"base_url": "http://h?x=1", "org_code": "H99010100001"}),
        (InsurerSettings, {"base_url": "http://h", "org_code": "X99010100001"}),
        (InsurerSettings, {"base_url": "http://h", "org_code": "H990101000011"}),
        (InsurerSettings, {"base_url": "http://h", "org_code": "H99010100001", "ca_bundle": "/nowhere.pem"}),
        (BridgeSettings, {"node_name": "two words"}),
        (BridgeSettings, {"heartbeat_s": 15}),
        (BridgeSettings, {"window": 0}),
    ],
)
def test_wrong_values_are_refused(model: type[BaseModel], values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(values)


def test_words_may_be_capitalised_and_addresses_may_end_in_a_slash(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    insurer = InsurerSettings(base_url="http://h/", org_code="H99010100001", ca_bundle=bundle)
    assert (insurer.base_url, insurer.ca_bundle) == ("http://h", bundle)
    assert DatabaseSettings.model_validate({"dialect": "sqlserver", "encrypt": "Yes"}).encrypt == "yes"
