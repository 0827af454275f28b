"""Headers that stand on every message of a site, filled from the credentials (``apikey`` of Inner Mongolia)."""

from __future__ import annotations

from collections.abc import Mapping

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile.headers import needed_credentials
from mi_bridge.insurer.signing.port import Credentials, Headers


def fixed_headers(templates: Mapping[str, str], credentials: Credentials) -> Headers:
    """Return the headers.

    Args:
        templates: by name, with ``{app_id}`` and ``{app_secret}`` where the credentials belong.
        credentials: what the gateway gave this hospital.

    Raises:
        ConfigurationError: a credential that a header needs is empty or cannot be sent; names it.
    """
    values = {"app_id": credentials.app_id, "app_secret": credentials.app_secret.get_secret_value()}
    for name in sorted(needed_credentials(dict(templates))):
        _check(name, values[name])
    return tuple((name, _filled(template, values)) for name, template in templates.items())


def _check(key: str, value: str) -> None:
    if not value:
        raise ConfigurationError(
            key, "is empty, but this site wants it in a header", remedy="Ask the bureau for it."
        )
    if not (value.isascii() and value.isprintable()):
        raise ConfigurationError(key, "holds characters no HTTP header carries", remedy="Copy it again.")


def _filled(template: str, values: Mapping[str, str]) -> str:
    # one pass: a secret that happens to hold {app_id} stays as it is
    first, *others = template.split("{app_id}")
    parts = [part.replace("{app_secret}", values["app_secret"]) for part in (first, *others)]
    return values["app_id"].join(parts)
