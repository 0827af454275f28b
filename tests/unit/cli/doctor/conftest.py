"""Patients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor.patient import Patient


@pytest.fixture
def patient(settings_file: Path) -> Callable[..., Patient]:
    """Make a patient whose settings are read; keyword arguments override settings, ``__`` for the dot."""

    def make(**overrides: Any) -> Patient:
        values = {key.replace("__", "."): str(value) for key, value in overrides.items()}
        choice = SettingsChoice(settings_file, values)
        return Patient(choice, settings=choice.load())

    return make
