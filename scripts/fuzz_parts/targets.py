"""Everything that is fuzzed, by name."""

from __future__ import annotations

from scripts.fuzz_parts import answers, archives, http, inputs, keys, mobile, profiles, settlements
from scripts.fuzz_parts.target import Target

TARGETS: dict[str, Target] = {
    "answers": answers.TARGET,
    "inputs": inputs.TARGET,
    "mobile": mobile.TARGET,
    "settlements": settlements.TARGET,
    "archives": archives.TARGET,
    "profiles": profiles.TARGET,
    "keys": keys.TARGET,
    "http": http.TARGET,
}
