"""Reads the simulator's data files: people, fund rules, items, texts, fields."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from mi_bridge.errors import ConfigurationError
from mi_bridge.resources import folder

T = TypeVar("T")


def data_folder(chosen: Path | None) -> Path:
    """Return the folder of data files: the chosen one, else the one mi-bridge comes with."""
    return chosen or folder("config") / "simulator"


def read_toml(path: Path, kind: type[T]) -> T:
    """Read a TOML file into the given type.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or says something the type does not know.
    """
    try:
        return msgspec.convert(tomllib.loads(_text(path)), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise ConfigurationError(str(path), str(fault), remedy="Mend the file.") from fault


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header line.

    Raises:
        ConfigurationError: the file is missing.
    """
    return list(csv.DictReader(_text(path).splitlines()))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise ConfigurationError(
            str(path), f"cannot be read ({fault.strerror})", remedy="Restore the file."
        ) from fault
