"""Whether a message was posted where its transaction lives; a wrong path is answered 未知交易编号."""

from __future__ import annotations

from urllib.parse import urlsplit

from mi_bridge.insurer.profile import Profile


def fits(profile: Profile, infno: str, path: str) -> bool:
    """Tell whether a path ends as the site's profile writes it; what stands before is the base address's."""
    own = profile.interfaces.get(infno)
    wanted = (own.path if own else "") or profile.url.path
    if "://" in wanted:
        wanted = urlsplit(wanted).path
    if profile.url.layout == "prefix" and not (own and own.path):
        wanted += infno
    return path.rstrip("/").endswith(wanted.rstrip("/"))
