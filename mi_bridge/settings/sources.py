"""Where settings come from, strongest first: command line, environment, secret files, settings file."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as MalformedVariable

from mi_bridge.settings.finding import Finding, Severity
from mi_bridge.settings.keys import is_path, known_keys, nearest, secret_keys, sections
from mi_bridge.settings.sections import Settings

PREFIX = "MI_BRIDGE_"
FILE_NAME = "mi-bridge.toml"
FILE_KEY = "config"
"""The key of faults of the settings file as a whole."""


@dataclass(frozen=True)
class Layer:
    """The settings of one source.

    Args:
        values: nested, as the sections are.
        name: what the source is called in messages; ``{key}`` and ``{variable}`` are filled in.
        findings: what is wrong with the source itself.
    """

    values: Mapping[str, Any] = field(repr=False)
    name: str
    findings: tuple[Finding, ...] = ()

    def holds(self, path: tuple[str, ...]) -> bool:
        """Tell whether the source has a value at the path."""
        value: Any = self.values
        for part in path:
            if not isinstance(value, Mapping) or part not in value:
                return False
            value = value[part]
        return True

    def origin(self, path: tuple[str, ...]) -> str:
        """Return where exactly the value at the path is written."""
        return self.name.format(key=".".join(path), variable=PREFIX + "__".join(path).upper())


def find_file(path: Path | None) -> Path | None:
    """Return the settings file: the given one, ``MI_BRIDGE_CONFIG``, or the first that exists; None without any."""
    named = path or _path_or_none(os.environ.get(f"{PREFIX}CONFIG"))
    if named:
        return named
    return next((candidate for candidate in default_files() if candidate.is_file()), None)


def default_files() -> tuple[Path, ...]:
    """Return where a settings file is looked for when none is named, in this order."""
    here = Path.cwd() / FILE_NAME
    if sys.platform == "win32":
        return here, Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "mi-bridge" / FILE_NAME
    return here, Path("/etc/mi-bridge") / FILE_NAME


def _path_or_none(text: str | None) -> Path | None:
    return Path(text) if text else None


def overrides_layer(overrides: Mapping[str, Any]) -> Layer:
    """Return the command line's settings; keys may be nested or written ``section.name``."""
    values: dict[str, Any] = {}
    for key, value in overrides.items():
        for part in reversed(key.split(".")):
            value = {part: value}  # noqa: PLW2901 - wraps the value from its leaf outwards
        values = merged(values, value)
    return Layer(values, "command line")


def environment_layer() -> Layer:
    """Return the settings in ``MI_BRIDGE_<SECTION>__<NAME>``; an empty variable counts as unset."""
    source = EnvSettingsSource(
        Settings, env_prefix=PREFIX, env_nested_delimiter="__", case_sensitive=False, env_ignore_empty=True
    )
    name = "environment {variable}"
    try:
        return Layer(source(), name, tuple(_strange_variables()))
    except MalformedVariable:
        fault = "a section cannot be one variable"
        return Layer(
            {}, name, (Finding("environment", fault, f"Write {PREFIX}<SECTION>__<NAME>, one for each key."),)
        )


def _strange_variables() -> Iterable[Finding]:
    """Yield variables that look like settings and are none; pydantic-settings passes over them in silence."""
    legal = {_variable(key) for key in known_keys()}
    by_one_underscore = {name.replace("__", "_"): name for name in legal}
    for name in sorted(name.upper() for name in os.environ if name.upper().startswith(PREFIX)):
        section, nested, rest = name.removeprefix(PREFIX).lower().partition("__")
        meant = by_one_underscore.get(name, "")
        if nested and section not in sections():
            like = nearest(f"{section}.{rest}")
            meant = _variable(like) if like else f"one of the sections {', '.join(sections())}"
        if meant and name not in legal:
            yield Finding(name, "no such setting", f"Did you mean {meant}?", origin="environment")


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "__").upper()


def secrets_folder(layers: Iterable[Layer]) -> Path | None:
    """Return the folder of secret files: systemd's credentials if there are any, else the setting ``secrets.dir``."""
    handed_over = _path_or_none(os.environ.get("CREDENTIALS_DIRECTORY"))
    if handed_over:
        return handed_over
    for layer in layers:
        if layer.holds(("secrets", "dir")):
            return _path_or_none(str(layer.values["secrets"]["dir"]))
    return None


def secrets_layer(folder: Path | None) -> Layer:
    """Return the settings in a folder of files named after keys. One line feed at a file's end does not count."""
    name = f"secret file {folder}/{{key}}"
    if folder is None:
        return Layer({}, name)
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError as fault:
        remedy = "Create the folder, or let the account of mi-bridge read it."
        return Layer(
            {}, name, (Finding("secrets.dir", f"{folder} cannot be read ({fault.strerror})", remedy),)
        )
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for entry in names:
        _read_secret(folder / entry, values, findings)
    return Layer(values, name, tuple(findings))


def _read_secret(file: Path, values: dict[str, Any], findings: list[Finding]) -> None:
    section, dot, leaf = file.name.partition(".")
    if not dot or section not in sections():
        return  # the service manager may keep other programs' credentials here
    if file.name not in known_keys():
        remedy = f"Rename it to {nearest(file.name) or ' or '.join(secret_keys())}."
        findings.append(Finding(file.name, "is a secret file for no setting", remedy, origin=str(file)))
        return
    try:
        text = file.read_text(encoding="utf-8-sig").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError):
        remedy = "Save it as UTF-8 text and let the account of mi-bridge read it."
        findings.append(Finding(file.name, "its secret file cannot be read", remedy, origin=str(file)))
        return
    values.setdefault(section, {})[leaf] = text


def file_layer(file: Path | None) -> Layer:
    """Return the settings in the TOML file. Relative paths in it start from the file's own folder."""
    name = "file " + str(file).replace("{", "{{").replace("}", "}}")
    if file is None:
        return Layer({}, name)
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        return _unreadable(
            name, f"{file} cannot be read ({fault.strerror})", "Name a file that exists and may be read."
        )
    except UnicodeDecodeError:
        return _unreadable(
            name, f"{file} is not UTF-8 text", "Save it with the encoding UTF-8, not ANSI or GBK."
        )
    except tomllib.TOMLDecodeError as fault:
        remedy = r"Mend that line. Windows paths need single quotes: 'C:\folder'."
        return _unreadable(name, f"{file} is not valid TOML: {_place(fault)}", remedy)
    return Layer(
        _with_whole_paths(values, file.absolute().parent), name, tuple(_readable_secrets(file, values))
    )


def _unreadable(name: str, fault: str, remedy: str) -> Layer:
    return Layer({}, name, (Finding(FILE_KEY, fault, remedy),))


def _place(fault: tomllib.TOMLDecodeError) -> str:
    """Return the parser's words without what it quotes: a broken line may hold a password."""
    text = str(fault)
    place = text[text.rfind("(at ") :].strip("()") if "(at " in text else ""
    return f"a line cannot be understood, {place}" if place else "a line cannot be understood"


def _with_whole_paths(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    for section, table in values.items():
        for name, value in table.items() if isinstance(table, dict) else ():
            is_profile_file = (section, name) == ("insurer", "profile") and str(value).endswith(".toml")
            if isinstance(value, str) and value and (is_path(f"{section}.{name}") or is_profile_file):
                table[name] = str(folder / value)
    return values


def _readable_secrets(file: Path, values: Mapping[str, Any]) -> Iterable[Finding]:
    if sys.platform == "win32" or not file.stat().st_mode & 0o004:
        return
    layer = Layer(values, "")
    for key in secret_keys():
        if layer.holds(tuple(key.split("."))):
            remedy = f"Run: chmod o-r {file}, or move the value to a secret file."
            yield Finding(
                key, "stands in a file everyone can read", remedy, origin=str(file), severity=Severity.WARNING
            )


def merged(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    """Return both nested mappings as one; where both have a value, the strong one's holds."""
    result = dict(weak)
    for key, value in strong.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]  # both are mappings, see above
    return result
