"""A node that takes a request anew while its first intent still waits: one message leaves, whatever batch the two intents meet in."""

from __future__ import annotations

from collections.abc import Callable

import chaos_his as his
from chaos_site import Site

_STALL_S = 3.0
_LEASE_ENDS = (
    "UPDATE medical_insurance_requests SET lease_until = now() - interval '1 second'"
    " WHERE request_id = ? AND status = 'CLAIMED' RETURNING epoch"
)


def test_a_request_its_node_claims_twice_is_sent_once(site: Site, figures: Callable[[str], None]) -> None:
    node = site.start(stall_s=_STALL_S)
    # the first one's intent is under way; the second's waits for its batch
    [first] = his.submit(site.database, "2102", his.purchase(his.citizen(1)))
    his.until(lambda: _epoch(site, first) == 1, "the first request's claim")
    [second] = his.submit(site.database, "2102", his.purchase(his.citizen(2)))
    his.until(lambda: _epoch(site, second) == 1, "the second request's claim")
    assert site.rows(_LEASE_ENDS, second) == [(1,)]
    assert (second, "PENDING") in site.rows("SELECT * FROM sp_mi_rescue('another', 5, 1, 1)")
    his.until(lambda: _epoch(site, second) == 2, "the same node's second claim")
    site.rest()

    result = site.audit([first, second])
    figures(result.figures())
    result.demand()
    assert result.statuses == {"COMPLETED": 2}
    sent = site.rows("SELECT epoch FROM medical_insurance_attempts WHERE request_id = ?", second)
    assert sent == [(2,)], node.log.read_text()


def _epoch(site: Site, number: int) -> int:
    [(epoch,)] = site.rows("SELECT epoch FROM medical_insurance_requests WHERE request_id = ?", number)
    return int(epoch)
