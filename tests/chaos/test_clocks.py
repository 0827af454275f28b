"""No node's own clock matters: neither in the database nor to the insurer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaos_site import Site
from chaos_trial import judge, under


@pytest.mark.parametrize("seconds", [4, pytest.param(30, marks=pytest.mark.chaos)])
@pytest.mark.timeout(400)
def test_two_nodes_have_clocks_two_hours_apart(
    seconds: int, site: Site, figures: Callable[[str], None]
) -> None:
    """The gateway refuses a signature half an hour off; leases, order and message numbers are the database's."""
    fast, slow = (site.start(name, clock_off_s=off) for name, off in (("fast", 3600), ("slow", -3600)))

    tally = under(site, seconds)
    judge(site, tally, figures, "two clocks, each an hour off")

    outcomes = dict(site.rows("SELECT outcome, count(*) FROM medical_insurance_attempts GROUP BY 1"))
    assert "GATEWAY_REFUSED" not in outcomes
    assert outcomes["OK"] > 0
    shares = dict(site.rows("SELECT left(node_id, 4), count(*) FROM medical_insurance_attempts GROUP BY 1"))
    figures(f"sent by {shares}")
    assert min(shares["fast"], shares["slow"]) > 0
    for node, off_s in ((fast, 3600), (slow, -3600)):
        [warning] = node.events("this machine's clock is off; the database's is used")
        assert abs(warning["off_s"] - off_s) <= 1
