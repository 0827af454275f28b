"""The doctor's question after sign-ins, without a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor.patient import Level, Patient
from mi_bridge.cli.doctor.sign_in import sign_in
from mi_bridge.errors import StoreUnavailable
from mi_bridge.insurer.profile import load_profile

Make = Callable[..., Patient]


def test_wrong_settings_and_sites_without_sign_ins(patient: Make) -> None:
    assert [one.level for one in sign_in(Patient(SettingsChoice(None, {})))] == [Level.SKIP]
    well = patient()
    well.profile = load_profile("demo")
    assert [(one.level, one.message) for one in sign_in(well)] == [
        (Level.OK, "not needed: the profile never signs in")
    ]


def test_a_missing_password_fails_and_a_missing_database_is_passed_over(patient: Make) -> None:
    ill = patient(insurer__sign_in_password="")
    ill.profile = load_profile("guangzhou")
    found = list(sign_in(ill))
    assert [one.level for one in found] == [Level.FAIL, Level.SKIP]
    assert "insurer.sign_in_password" in found[0].message
    assert "secret file" in found[0].remedy
    assert ill.settings is not None
    assert ill.settings.insurer.sign_in_password == SecretStr("")


def test_a_database_that_does_not_answer_is_a_finding(patient: Make) -> None:
    class Lost:
        def call(self, *_words: Any) -> list[Any]:
            raise StoreUnavailable("gone", remedy="wait")

        def close(self) -> None:
            """Nothing is open."""

    ill = patient()
    ill.profile = load_profile("jiangsu")
    ill.connection = Lost()  # type: ignore[assignment]  # stands in the connection's place
    assert [(one.level, one.message) for one in sign_in(ill)] == [(Level.FAIL, "gone")]
