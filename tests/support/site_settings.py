"""The settings of a bridge for tests, as values and as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mi_bridge.settings import Settings

ORG = "H99010100001"


def site_values(database: str, base_url: str, node: str, **bridge: Any) -> dict[str, dict[str, Any]]:
    """Return a site's settings, section by section.

    Args:
        database: ODBC connection string.
        base_url: of the insurer.
        node: the node's name.
        **bridge: keys of ``[bridge]`` that matter to the test.
    """
    # short leases and waits, so that a rescue takes seconds
    own = {"node_name": node, "lease_s": 5, "renew_s": 1, "heartbeat_s": 1, "wait_max_ms": 1000}
    return {
        "database": {"dialect": "postgresql", "connection_string": database},
        "insurer": {
            "base_url": base_url,
            "app_id": "demo",
            "app_secret": "demo-secret",
            "sign_in_password": "demo-operators",
            "org_code": ORG,
            "org_name": "仿真市人民医院",
        },
        "bridge": {**own, "retry_base_s": 0.05, "retry_cap_s": 0.2, **bridge},
        # a test that runs at night must not meet the night's jobs
        "schedule": {"catalogue_at": ""},
        "reconciliation": {"at": ""},
        "log": {},
    }


def site_settings(database: str, base_url: str, node: str, **bridge: Any) -> Settings:
    """Return the same, checked."""
    return Settings.model_validate(site_values(database, base_url, node, **bridge))


def write_settings(folder: Path, values: dict[str, dict[str, Any]]) -> Path:
    """Write a settings file; a JSON text or number is one of TOML too."""
    lines = []
    for section, keys in values.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
    file = folder / "mi-bridge.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
