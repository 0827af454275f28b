"""Named patterns: formats that rules speak of by name, as ``config/catalogue/patterns.toml`` defines them."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from mi_bridge.resources import folder


@cache
def named_patterns() -> dict[str, str]:
    """Return the patterns by name."""
    path = folder("config") / "catalogue" / "patterns.toml"
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: str(pattern["regex"]) for name, pattern in values.items()}


def find_pattern(text: str) -> re.Pattern[str]:
    """Return a named pattern, or the regular expression itself where the text begins with ``^``.

    Raises:
        ValueError: it is neither.
    """
    if not text.startswith("^"):
        known = named_patterns()
        if text not in known:
            raise ValueError(
                f"{text!r} is no named pattern ({', '.join(sorted(known))}); a regular expression begins with ^"
            )
        text = known[text]
    try:
        return re.compile(text, re.ASCII)
    except re.error as fault:
        raise ValueError(f"{text!r} is no regular expression ({fault})") from fault
