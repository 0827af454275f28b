"""Reads, ranks and checks the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mi_bridge.settings import sources
from mi_bridge.settings.finding import Finding, Severity, from_pydantic, settings_error
from mi_bridge.settings.keys import sections
from mi_bridge.settings.rules import SECTION_RULES, WHOLE_RULES
from mi_bridge.settings.sections import Settings


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of reading the settings.

    Args:
        settings: None when there is any error.
        findings: every fault and every warning, errors first.
        file: the settings file that was read, if any.
    """

    settings: Settings | None
    findings: tuple[Finding, ...]
    file: Path | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings the bridge cannot run with."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings it can run with."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)


def inspect_settings(
    path: Path | str | None = None, overrides: Mapping[str, Any] | None = None
) -> Inspection:
    """Read the settings and find everything that is wrong with them.

    Args:
        path: the settings file; without it ``MI_BRIDGE_CONFIG`` or the usual places (``sources.default_files``).
        overrides: the command line's settings, nested or by ``section.name``; they rank above all others.
    """
    file = sources.find_file(Path(path) if path else None)
    layers = _layers(file, overrides or {})
    values = _merged(layers)
    origins = _Origins(layers)
    own = [finding for layer in layers for finding in layer.findings]
    settings, found = _validated(values, origins)
    if any(finding.key == sources.FILE_KEY for finding in own):
        found = [finding for finding in found if not finding.missing]  # the unread file may well hold it
    findings = sorted({*own, *found}, key=lambda finding: (finding.severity, _rank(finding.key), finding.key))
    broken = any(finding.severity is Severity.ERROR for finding in findings)
    return Inspection(None if broken else settings, tuple(findings), file)


def load_settings(path: Path | str | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings.

    Args:
        path: as for ``inspect_settings``.
        overrides: as for ``inspect_settings``.

    Raises:
        ConfigurationError: naming every fault at once: key, value (never a secret's), fault, remedy.
    """
    inspection = inspect_settings(path, overrides)
    if inspection.settings is None:
        raise settings_error(inspection.errors)
    return inspection.settings


def effective_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings in force as plain JSON values, secrets masked."""
    return settings.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class _Origins:
    layers: tuple[sources.Layer, ...]

    def __call__(self, path: tuple[str, ...]) -> str:
        return next((layer.origin(path) for layer in self.layers if layer.holds(path)), "")


def _layers(file: Path | None, overrides: Mapping[str, Any]) -> tuple[sources.Layer, ...]:
    """Return the sources, strongest first."""
    from_line, from_environment = sources.overrides_layer(overrides), sources.environment_layer()
    from_file = sources.file_layer(file)
    folder = sources.secrets_folder((from_line, from_environment, from_file))
    return from_line, from_environment, sources.secrets_layer(folder), from_file


def _merged(layers: tuple[sources.Layer, ...]) -> dict[str, Any]:
    # an absent section is an empty one, so that its missing keys are named one by one
    values: dict[str, Any] = {section: {} for section in sections()}
    for layer in reversed(layers):
        values = sources.merged(values, layer.values)
    return values


def _validated(values: Mapping[str, Any], origins: _Origins) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = Settings(**values)
    except ValidationError as fault:
        errors = [from_pydantic(error, origins) for error in fault.errors()]
        return None, [*errors, *_placed(_rules_of_sections(values), origins)]
    rules = [*_rules_of_sections(values), *(finding for rule in WHOLE_RULES for finding in rule(settings))]
    return settings, list(_placed(rules, origins))


def _rules_of_sections(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong inside sections whose fields are right, also when other sections are broken."""
    for name, rules in SECTION_RULES.items():
        section = _section(name, values[name])
        if section is not None:
            yield from (finding for rule in rules for finding in rule(section))


def _section(name: str, values: Any) -> BaseModel | None:
    model = Settings.model_fields[name].annotation
    try:
        return model.model_validate(values)  # type: ignore[union-attr, no-any-return]  # every field of Settings is a Section
    except ValidationError:
        return None


def _placed(findings: Iterator[Finding] | list[Finding], origins: _Origins) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, origin=origins(tuple(finding.key.split("."))))


def _rank(key: str) -> int:
    section = key.partition(".")[0]
    return sections().index(section) if section in sections() else -1
