"""Everything that is fuzzed, by name."""

from __future__ import annotations

from scripts.fuzz_parts import (
    answers,
    archives,
    definitions,
    http,
    inputs,
    keys,
    mobile,
    parts,
    profiles,
    settlements,
)
from scripts.fuzz_parts.target import Target

TARGETS: dict[str, Target] = {
    "answers": answers.TARGET,
    "inputs": inputs.TARGET,
    "mobile": mobile.TARGET,
    "settlements": settlements.TARGET,
    "parts": parts.TARGET,
    "archives": archives.TARGET,
    "profiles": profiles.TARGET,
    "rules": definitions.RULES,
    "sagas": definitions.SAGAS,
    "keys": keys.TARGET,
    "http": http.TARGET,
}
