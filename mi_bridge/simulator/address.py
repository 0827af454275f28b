"""Whether a message was posted where its transaction lives; a wrong path is answered 未知交易编号."""

from __future__ import annotations

from urllib.parse import urlsplit

from mi_bridge.insurer.profile import Profile


def fits(profile: Profile, infno: str, code: str, path: str) -> bool:
    """Tell whether a path ends as the site's profile writes it; what stands before is the base address's.

    Args:
        profile: the site.
        infno: the transaction, by its national code.
        code: the same as the message calls it.
        path: where the message was posted to.
    """
    wanted = profile.interface(infno).path.replace("{infno}", code) or profile.url.path_of(code)
    if wanted is None:
        return False
    if "://" in wanted:
        wanted = urlsplit(wanted).path
    return path.rstrip("/").endswith(wanted.rstrip("/"))
