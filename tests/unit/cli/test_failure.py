from __future__ import annotations

import pytest

from mi_bridge.cli.failure import status_of, tell, tell_findings, tell_unexpected
from mi_bridge.errors import ConfigurationError, ProfileError, StoreUnavailable
from mi_bridge.settings import Finding, Severity


def test_wrong_settings_have_a_status_of_their_own() -> None:
    assert status_of(ConfigurationError("a.b", "is wrong")) == 78
    assert status_of(ProfileError("a.toml", "is wrong")) == 78
    assert status_of(StoreUnavailable("away")) == 1
    assert status_of(ValueError()) == 1


def test_a_remedy_of_several_lines_stays_readable(capsys: pytest.CaptureFixture[str]) -> None:
    tell(ConfigurationError("settings", "2 faults", remedy="\n1. one\n2. two"))
    assert capsys.readouterr().err == "mi-bridge: settings: 2 faults.\n  1. one\n  2. two\n"


def test_findings_are_told_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_findings(
        (Finding("a.b", "is wrong", "Mend it."), Finding("c.d", "is odd", severity=Severity.WARNING))
    )
    assert capsys.readouterr().err == "error  a.b: is wrong. Mend it.\nwarning  c.d: is odd.\n"


def test_a_fault_of_ours_says_how_to_report_it(capsys: pytest.CaptureFixture[str]) -> None:
    tell_unexpected(KeyError("x"))
    assert "--debug" in capsys.readouterr().err
