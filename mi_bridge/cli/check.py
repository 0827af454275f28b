"""``mi-bridge check``: everything that is wrong with the settings, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import CONFIGURATION_FAULT, tell_findings
from mi_bridge.cli.help import Command
from mi_bridge.cli.output import print_json
from mi_bridge.errors import ConfigurationError, ProfileError

if TYPE_CHECKING:
    from mi_bridge.insurer.profile import Profile
    from mi_bridge.settings import Finding, Inspection, Settings
    from mi_bridge.settings.finding import Severity


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking.

    Args:
        inspection: of the settings themselves.
        findings: those of the settings, then those of what they point to.
        profile: the site's, None when it cannot be used.
        interfaces: how many transactions the site knows.
    """

    inspection: Inspection
    findings: tuple[Finding, ...]
    profile: Profile | None
    interfaces: int = 0

    @property
    def ok(self) -> bool:
        """Whether the bridge can run with them."""
        return all(finding.severity == "warning" for finding in self.findings)


@click.command(
    cls=Command,
    examples="""
      mi-bridge check
      mi-bridge check --config /etc/mi-bridge/mi-bridge.toml --json
    """,
)
@settings_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(ctx: click.Context, choice: SettingsChoice, as_json: bool) -> None:
    """Validate the settings, the site profile, the catalogue and the certificates. Status 78 when something is wrong.

    Nothing is connected to; `mi-bridge doctor` does that.
    """
    checked = check_settings(choice)
    if as_json:
        print_json(_as_dict(checked))
    else:
        _show(checked)
    ctx.exit(0 if checked.ok else CONFIGURATION_FAULT)


def check_settings(choice: SettingsChoice) -> Checked:
    """Find everything that is wrong with the settings and the files they name."""
    inspection = choice.inspect()
    findings = list(inspection.findings)
    profile = None
    interfaces = 0
    try:
        profile = _profile(choice, inspection)
        interfaces = len(profile.catalogue())
    except ConfigurationError as error:
        findings += _findings(error)
    if inspection.settings is not None and profile is not None:
        findings += _client_faults(inspection.settings, profile)
        findings += _saga_faults(inspection.settings, profile)
        findings += _rule_faults(inspection.settings)
    return Checked(inspection, tuple(findings), profile, interfaces)


def _profile(choice: SettingsChoice, inspection: Inspection) -> Profile:
    """Read the profile the settings name, also when other settings are wrong, so that every fault is told at once."""
    from mi_bridge.insurer.profile import load_profile
    from mi_bridge.settings.sources import environment_layer, file_layer, overrides_layer

    if inspection.settings is not None:
        return load_profile(inspection.settings.insurer.profile)
    layers = (overrides_layer(choice.overrides), environment_layer(), file_layer(inspection.file))
    path = ("insurer", "profile")
    named = (str(layer.values["insurer"]["profile"]) for layer in layers if layer.holds(path))
    return load_profile(next(named, "demo"))


def _client_faults(settings: Settings, profile: Profile) -> Iterator[Finding]:
    """Make the client and throw it away: it reads the certificates, the address and the credentials."""
    from mi_bridge.daemon import build_client

    async def make() -> None:
        await build_client(settings, profile).aclose()

    try:
        asyncio.run(make())
    except ConfigurationError as error:
        yield _finding(error)


def _saga_faults(settings: Settings, profile: Profile) -> Iterator[Finding]:
    """Tell the sagas' files that a node would refuse; it runs on with what the database has of them."""
    from mi_bridge.settings.finding import Severity
    from mi_bridge.traffic.saga_library import SagaLibrary, saga_folder

    try:
        shelf = SagaLibrary(saga_folder(settings.bridge.saga_dir), profile.catalogue()).read()
    except ConfigurationError as error:
        yield _finding(error, Severity.WARNING)
        return
    for fault in shelf.refused.values():
        yield _finding(fault, Severity.WARNING)


def _rule_faults(settings: Settings) -> Iterator[Finding]:
    """Tell the rules' files that a node would refuse; it runs on without them."""
    from mi_bridge.insurer.rules.rule_book import RuleBook
    from mi_bridge.settings.finding import Severity

    try:
        reading = RuleBook(settings.bridge.rules_dir).look()
    except ConfigurationError as error:
        yield _finding(error, Severity.WARNING)
        return
    for fault in reading.refused.values() if reading else ():
        yield _finding(fault, Severity.WARNING)


def _findings(error: ConfigurationError) -> Iterator[Finding]:
    """Tell every fault of a profile by itself."""
    from mi_bridge.settings.finding import Finding

    if not isinstance(error, ProfileError) or not error.faults:
        yield _finding(error)
        return
    file = error.key.partition(": ")[0]
    for one in error.faults:
        yield Finding(f"{file}: {one.key}", one.fault, one.remedy)


def _finding(error: ConfigurationError, severity: Severity | None = None) -> Finding:
    from mi_bridge.settings.finding import Finding, Severity

    return Finding(error.key, error.fault, error.remedy, severity=severity or Severity.ERROR)


def _as_dict(checked: Checked) -> dict[str, Any]:
    return {
        "ok": checked.ok,
        "file": checked.inspection.file,
        "profile": checked.profile.name if checked.profile else None,
        "interfaces": checked.interfaces,
        "findings": [finding.as_dict() for finding in checked.findings],
    }


def _show(checked: Checked) -> None:
    tell_findings(checked.findings)
    if not checked.ok or checked.profile is None:
        errors = sum(finding.severity == "error" for finding in checked.findings)
        click.echo(f"{errors} to mend; the bridge does not start like this.", err=True)
        return
    source = checked.inspection.file or "no file, environment only"
    profile = f"{checked.profile.name} ({checked.profile.title})"
    click.echo(f"The settings are valid: {source}; profile {profile}, {checked.interfaces} interfaces.")
