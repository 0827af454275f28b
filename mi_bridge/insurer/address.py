"""Where each transaction is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mi_bridge.errors import ConfigurationError, UnknownInterface
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.profile.url import missing_bases

_ADDRESS = re.compile(r"https?://[^/?#\s][^?#\s]*", re.IGNORECASE)


class AddressBook:
    """The addresses of one site.

    Args:
        base_url: the gateway, for example ``http://10.1.2.3:8080``; a path in it stays in front of every other.
        profile: tells the layout.
        base_urls: further base addresses, by the name the profile refers to them.

    Raises:
        ConfigurationError: a base address is none, or one the profile refers to is missing.
    """

    def __init__(self, base_url: str, profile: Profile, base_urls: Mapping[str, str] | None = None) -> None:
        self._bases = {"": _base("base_url", base_url)}
        for name, address in (base_urls or {}).items():
            self._bases[name] = _base(f"base_urls.{name}", address)
        self._profile = profile
        for name in missing_bases(profile.url, self._bases):
            codes = ", ".join(profile.url.bases[name])
            raise ConfigurationError(
                f"base_urls.{name}",
                f"is missing, but profile {profile.name} sends {codes} there",
                remedy="Write its address; the same as base_url where the site has only one.",
            )
        self._known: dict[str, str] = {}

    def find(self, infno: str) -> str:
        """Return the address of this transaction.

        Raises:
            UnknownInterface: this site lists addresses one by one and has none for it.
        """
        known = self._known.get(infno)
        if known is None:
            known = self._known[infno] = self._made(infno)
        return known

    def _made(self, infno: str) -> str:
        profile = self._profile
        code = profile.wire_code(infno)
        path = profile.interface(infno).path.replace("{infno}", code) or profile.url.path_of(code)
        if path is None:
            raise UnknownInterface(
                f"交易 {infno} 在本站没有配置地址。请在站点配置的 url.paths.{code} 中填写。"
            )
        if _ADDRESS.fullmatch(path):
            return path
        base = self._bases[profile.url.base_of(code)]
        return f"{base}/{path.lstrip('/')}" if path else base


def _base(key: str, address: str) -> str:
    if not address.isascii() or not _ADDRESS.fullmatch(address):
        raise ConfigurationError(key, "is no http:// or https:// address", remedy="Write http://host:port.")
    return address.rstrip("/")
