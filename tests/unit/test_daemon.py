"""What the composition root refuses before anything is sent."""

from __future__ import annotations

import pytest

from mi_bridge.daemon import node_options
from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.settings import BridgeSettings


def test_a_quiet_period_outlasts_lease_and_call() -> None:
    """Else an absence would be believed while a node that lost the database may still send."""
    profile = load_profile("demo")
    longest = profile.quiet_period_s - profile.call_timeout_s

    assert node_options(BridgeSettings(lease_s=longest), profile).rescue.quiet_seconds == 120
    with pytest.raises(
        ConfigurationError, match=r"quiet_period_s: is 120 in the profile, less than .* \(121\)"
    ):
        node_options(BridgeSettings(lease_s=longest + 1), profile)


def test_each_process_holds_leases_of_its_own() -> None:
    profile = load_profile("demo")
    bridge = BridgeSettings(node_name="front-desk")

    first, second = (node_options(bridge, profile) for _ in range(2))

    assert first.node_id == second.node_id == "front-desk"
    assert first.holder != second.holder
