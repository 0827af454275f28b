from __future__ import annotations

from collections.abc import Iterator

from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.cli.doctor.registry import PROBES, examine
from mi_bridge.errors import StoreUnavailable


def _well(_patient: Patient) -> Iterator[Verdict]:
    yield Verdict(Level.OK, "well")


def _told(_patient: Patient) -> Iterator[Verdict]:
    yield Verdict(Level.WARN, "so far")
    raise StoreUnavailable("It went away.", remedy="Bring it back.")


def _broken(_patient: Patient) -> Iterator[Verdict]:
    raise ValueError("ours")


def test_no_probe_stops_the_others() -> None:
    patient = Patient(SettingsChoice())
    found = list(examine(patient, (("a", _broken), ("b", _told), ("c", _well))))
    assert found == [
        ("a", Verdict(Level.FAIL, "the probe broke down: ValueError: ours")),
        ("b", Verdict(Level.WARN, "so far")),
        ("b", Verdict(Level.FAIL, "It went away.", "Bring it back.")),
        ("c", Verdict(Level.OK, "well")),
    ]


def test_every_question_of_the_design_has_a_probe() -> None:
    names = [name for name, _ in PROBES]
    assert names[:4] == ["settings", "driver", "connection", "schema"]
    assert {"grants", "clock", "nodes", "insurer", "log", "service"} <= set(names)


def test_a_patient_without_a_connection_can_be_closed() -> None:
    patient = Patient(SettingsChoice())
    patient.close()
    assert patient.connection is None
