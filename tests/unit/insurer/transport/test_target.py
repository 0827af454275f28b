from __future__ import annotations

import httpx
import pytest

from mi_bridge.insurer.transport.target import Origin, find_target


@pytest.mark.parametrize(
    ("url", "origin", "authority", "path"),
    [
        ("http://10.1.2.3/a", Origin(False, "10.1.2.3", 80), "10.1.2.3", "/a"),
        ("https://gw.example/a?b=1", Origin(True, "gw.example", 443), "gw.example", "/a?b=1"),
        ("http://gw.example:8080", Origin(False, "gw.example", 8080), "gw.example:8080", "/"),
        ("http://[fe80::1]:81/x", Origin(False, "fe80::1", 81), "[fe80::1]:81", "/x"),
        ("http://医保.example/", Origin(False, "xn--ruqw5f.example", 80), "xn--ruqw5f.example", "/"),
        ("http://u:secret@h/%41", Origin(False, "h", 80), "h", "/%41"),
    ],
)
def test_a_url_is_taken_apart(url: str, origin: Origin, authority: str, path: str) -> None:
    target = find_target(url)
    assert (target.origin, target.authority, target.path) == (origin, authority, path)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://h/", httpx.UnsupportedProtocol),
        ("no url at all", httpx.UnsupportedProtocol),
        ("http:///path", httpx.LocalProtocolError),
        ("http://[::1", httpx.InvalidURL),
    ],
)
def test_what_leads_nowhere_is_refused(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        find_target(url)
