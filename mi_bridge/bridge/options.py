"""What a node of the bridge may be told about itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.bridge.claimer import ClaimPace
from mi_bridge.domain.resolution import Resolution
from mi_bridge.domain.verdict import Judge
from mi_bridge.store.port import RescuePatience


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """One node's name and limits.

    Args:
        node_id: unlike every other node's, at most 64 characters.
        incarnation: unlike that of every earlier process of this name, at most 8 characters; empty where there was none.
        host_name: of the machine, for the node's line in the views.
        version: of the program.
        window: most requests in flight.
        pace: how it claims.
        renew_s: seconds between two renewals of the leases in flight.
        heartbeat_s: seconds between two heartbeats.
        rescue_s: seconds between two looks for what dead nodes hold.
        rescue: how a rescue judges.
        resolve_s: seconds between two looks for uncertain requests that are due.
        step_s: how long one step of a resolution may take; longer than a call's deadline.
        drain_s: how long a stop waits for what is in flight.
        judge: of outcomes; holds the waits between resends and the site's quiet period.
        resolution: of uncertain requests.
    """

    node_id: str
    host_name: str
    version: str
    window: int = 200
    pace: ClaimPace = field(default_factory=ClaimPace)
    renew_s: float = 10.0
    heartbeat_s: float = 10.0
    rescue_s: float = 2.0
    rescue: RescuePatience = field(default_factory=RescuePatience)
    resolve_s: float = 5.0
    step_s: int = 90
    drain_s: float = 20.0
    judge: Judge = field(default_factory=Judge)
    resolution: Resolution = field(default_factory=Resolution)
    incarnation: str = ""

    @property
    def holder(self) -> str:
        """Who holds this process's leases, at most 64 characters.

        A process and not a name: a node that is started again finds what its predecessor held in the hands of somebody dead,
        and takes it up at once instead of waiting for the leases.
        """
        if not self.incarnation:
            return self.node_id
        return f"{self.node_id[: 63 - len(self.incarnation)]}~{self.incarnation}"
