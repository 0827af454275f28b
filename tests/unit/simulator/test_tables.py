"""The data files hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mi_bridge.simulator
from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.fields import FIELDS
from mi_bridge.resources import folder
from mi_bridge.simulator.tables import data_folder, read_csv, read_toml

_FOLDER = folder("config") / "simulator"
_SOURCES = Path(mi_bridge.simulator.__file__).parent


def test_the_files_come_with_mi_bridge_unless_others_are_chosen(tmp_path: Path) -> None:
    assert data_folder(None) == _FOLDER
    assert data_folder(tmp_path) == tmp_path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"envelope\.csv"):
        read_csv(tmp_path / "envelope.csv")


def test_every_text_that_is_said_is_there_and_every_text_there_is_said() -> None:
    texts = read_toml(_FOLDER / "texts.toml", dict[str, dict[str, str]])
    there = {f"{section}.{name}" for section, names in texts.items() if section != "busy" for name in names}
    code = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES.glob("*.py"))

    said = {
        name for name in re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", code) if name.split(".")[0] in texts
    }

    assert said == there


def test_the_simulators_envelope_is_the_sdks() -> None:
    simulated = [
        (row["field"], int(row["length"]), row["required"] == "yes")
        for row in read_csv(_FOLDER / "envelope.csv")
    ]

    assert simulated == [(one.name, one.max_length, one.required) for one in FIELDS if one.name != "input"]


@pytest.mark.parametrize("name", ["required_fields.csv", "output_fields.csv"])
def test_field_lists_speak_of_known_transactions_and_repeat_nothing(name: str) -> None:
    rows = [(row["infno"], row["node"], row["field"]) for row in read_csv(_FOLDER / name)]

    assert len(rows) == len(set(rows))
    assert {infno for infno, _, _ in rows} <= {one.infno for one in Catalogue.load()}


def test_required_nodes_are_the_catalogues() -> None:
    catalogue = Catalogue.load()

    for row in read_csv(_FOLDER / "required_fields.csv"):
        assert row["node"] in catalogue.get(row["infno"]).input_nodes
