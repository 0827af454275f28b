"""The simulator as a whole: a platform, what goes wrong with it, and sample answers in its place."""

from __future__ import annotations

from mi_bridge.simulator.clock import Clock, SystemClock
from mi_bridge.simulator.config import SimulatorConfig
from mi_bridge.simulator.fault_plan import FaultPlan
from mi_bridge.simulator.ledger import Ledger
from mi_bridge.simulator.mobile import MobilePlatform
from mi_bridge.simulator.platform import Platform
from mi_bridge.simulator.replay import Replay


class Simulator:
    """Everything one simulator remembers.

    Args:
        config: how it is set up.
        clock: tells the time; the machine's when None.

    Raises:
        ConfigurationError: the profile or a data file cannot be used.
    """

    def __init__(self, config: SimulatorConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self.platform = Platform(config, self.clock)
        self.mobile = MobilePlatform(config.mobile, self.clock) if config.mobile else None
        self.faults = FaultPlan(config.seed, config.faults)
        self.replay = (
            Replay(config.replay_folder) if config.mode == "replay" and config.replay_folder else None
        )

    @property
    def ledger(self) -> Ledger:
        """What really happened."""
        return self.platform.centre.ledger

    def slams(self) -> bool:
        """Tell whether the connection just accepted is to be reset."""
        return self.faults.draw_connection()

    def reset(self) -> None:
        """Forget everything: people, visits, ledger, faults are as at the start."""
        self.platform = Platform(self.config, self.clock)
        self.mobile = MobilePlatform(self.config.mobile, self.clock) if self.config.mobile else None
        self.faults = FaultPlan(self.config.seed, self.config.faults)
        if self.replay:
            self.replay.reset()
