"""What a node of the bridge may be told about itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.bridge.claimer import ClaimPace
from mi_bridge.domain.backoff import Backoff


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """One node's name and limits.

    Args:
        node_id: unlike every other node's, at most 64 characters.
        host_name: of the machine, for the node's line in the views.
        version: of the program.
        window: most requests in flight.
        pace: how it claims.
        renew_s: seconds between two renewals of the leases in flight.
        heartbeat_s: seconds between two heartbeats.
        rescue_s: seconds between two looks for what dead nodes hold.
        most_rescues: a request rescued so often is given up.
        drain_s: how long a stop waits for what is in flight.
        backoff: the waits between resends.
    """

    node_id: str
    host_name: str
    version: str
    window: int = 200
    pace: ClaimPace = field(default_factory=ClaimPace)
    renew_s: float = 10.0
    heartbeat_s: float = 10.0
    rescue_s: float = 5.0
    most_rescues: int = 5
    drain_s: float = 20.0
    backoff: Backoff = field(default_factory=Backoff)
