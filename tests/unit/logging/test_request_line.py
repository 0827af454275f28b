from typing import Any

from mi_bridge.logging import request_line


def test_one_line_tells_a_request(configure: Any, memory: Any) -> None:
    with configure():
        request_line(
            request_id=7,
            interface_code="2207",
            msgid="H99010100001202501011230450001",
            org_code="H99010100001",
            outcome="OK",
            status="COMPLETED",
            infcode="0",
            attempts=1,
            ms_queue=1.26,
            ms_insurer=50.04,
            ms_total=52,
        )
    (event,) = memory.events
    del event["timestamp"]
    assert event == {
        "level": "info",
        "node": "node-1",
        "event": "request",
        "request_id": 7,
        "interface_code": "2207",
        "msgid": "H99010100001202501011230450001",
        "org_code": "H99010100001",
        "outcome": "OK",
        "status": "COMPLETED",
        "infcode": "0",
        "attempts": 1,
        "ms_queue": 1.3,
        "ms_insurer": 50.0,
        "ms_total": 52,
        "fault": "",
    }
