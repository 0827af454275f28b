"""A chaos test's course: HIS hands in requests, something disturbs, everything comes to rest and is compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import chaos_his as his
from chaos_audit import Audit
from chaos_site import Site

SEED = 20260


def under(site: Site, seconds: float, disturb: Callable[[], None] | None = None, **load: Any) -> his.Tally:
    """Hand in requests for so long, disturbing over and over; return what HIS was told."""
    options = {"pause_s": 0.02, "seed": SEED, **load}
    with his.Submitters(site.database, options.pop("count", 4), **options) as submitters:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if disturb is None:
                time.sleep(0.1)
            else:
                disturb()
        return submitters.stop()


def judge(
    site: Site,
    tally: his.Tally,
    figures: Callable[[str], None],
    what: str,
    *,
    limit_s: float = 120.0,
    **options: Any,
) -> Audit:
    """Let everything come to rest, compare, print and demand."""
    began = time.monotonic()
    site.rest(limit_s)
    rest_s = time.monotonic() - began
    asked = _ask_a_person(site, limit_s)
    result = site.audit(list(tally.accepted.values()), **options)
    figures(
        f"{what}; at rest after {rest_s:.1f} s, a person asked {asked} times; HIS: {len(tally.accepted)} taken, {len(tally.codes)} error codes,"
        f" {len(tally.interruptions)} calls cut off, slowest {tally.slowest_s * 1000:.0f} ms; {result.figures()}"
    )
    result.demand()
    assert tally.codes == []
    assert result.requests == len(tally.accepted)
    return result


def _ask_a_person(site: Site, limit_s: float) -> int:
    """Have somebody decide what only a person can, and let what waited behind it come to rest; a kill costs a reversal its try."""
    asked = 0
    give_up = time.monotonic() + limit_s
    while site.behind_manual():
        assert time.monotonic() < give_up, f"{site.behind_manual()} requests wait behind {site.statuses()}"
        asked += site.decide()
        time.sleep(0.2)
        site.rest(limit_s)
    return asked
