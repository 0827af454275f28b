from __future__ import annotations

import pytest
import structlog

from mi_bridge.cli.quiet_log import quiet_log


def test_only_warnings_are_told_and_not_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()

    with quiet_log():
        structlog.get_logger().info("chatter")
        structlog.get_logger().warning("trouble")

    told = capsys.readouterr()
    assert told.out == ""
    assert "trouble" in told.err
    assert "chatter" not in told.err
    assert structlog.get_config() == before
