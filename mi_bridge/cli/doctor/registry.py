"""Every probe, in the order they run, and how they are run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mi_bridge.cli.doctor import database, host, insurer, sign_in
from mi_bridge.cli.doctor.patient import Level, Patient, Probe, Verdict
from mi_bridge.errors import BridgeError

PROBES: tuple[tuple[str, Probe], ...] = (
    ("settings", host.settings),
    ("driver", database.driver),
    ("connection", database.connection),
    ("schema", database.schema),
    ("grants", database.grants),
    ("clock", database.clock),
    ("nodes", database.nodes),
    ("insurer", insurer.insurer),
    ("sign-in", sign_in.sign_in),
    ("log", host.log_space),
    ("service", host.service),
)


def examine(patient: Patient, probes: Sequence[tuple[str, Probe]] = PROBES) -> Iterator[tuple[str, Verdict]]:
    """Run probes one after the other and yield each verdict with its probe's name; a probe that breaks down is a verdict too."""
    for name, probe in probes:
        try:
            for verdict in probe(patient):
                yield name, verdict
        except BridgeError as error:
            yield name, Verdict(Level.FAIL, error.message, error.remedy)
        except Exception as fault:  # noqa: BLE001 - the doctor tells what is wrong, also when it is the doctor
            yield name, Verdict(Level.FAIL, f"the probe broke down: {type(fault).__name__}: {fault}")
