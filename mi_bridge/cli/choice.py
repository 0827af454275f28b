"""Which settings a command works with: the options ``--config`` and ``--set`` that most commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mi_bridge.settings import Inspection, Settings

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class SettingsChoice:
    """The settings named on the command line.

    Args:
        file: the settings file; None for ``MI_BRIDGE_CONFIG`` or the usual places.
        overrides: values by ``section.name``, ranking above all others.
    """

    file: Path | None = None
    overrides: Mapping[str, str] = field(default_factory=dict, repr=False)

    def inspect(self) -> Inspection:
        """Read the settings and everything that is wrong with them."""
        from mi_bridge.settings import inspect_settings

        return inspect_settings(self.file, self.overrides)

    def load(self) -> Settings:
        """Return the settings.

        Raises:
            ConfigurationError: telling every fault at once.
        """
        from mi_bridge.settings import load_settings

        return load_settings(self.file, self.overrides)


def settings_options(function: Function) -> Function:
    """Give a command ``--config`` and ``--set``; it gets them as one argument ``choice``."""

    @click.option(
        "-c",
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Settings file; without it MI_BRIDGE_CONFIG, ./mi-bridge.toml, or the machine's.",
    )
    @click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        callback=_pairs,
        help="Override one setting, for example --set bridge.window=50. May be repeated.",
    )
    @wraps(function)
    def with_choice(config: Path | None, overrides: dict[str, str], **others: Any) -> Any:
        return function(choice=SettingsChoice(config, overrides), **others)

    return with_choice


def _pairs(_ctx: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or "." not in key:
            raise click.BadParameter("write it as section.name=value, for example bridge.window=50")
        pairs[key.strip()] = value
    return pairs
