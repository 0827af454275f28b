"""Where each transaction is sent."""

from __future__ import annotations

import re

from mi_bridge.errors import ConfigurationError, UnknownInterface
from mi_bridge.insurer.profile import Profile

_ADDRESS = re.compile(r"https?://[^/?#\s][^?#\s]*", re.IGNORECASE)


class AddressBook:
    """The addresses of one site.

    Args:
        base_url: the gateway, for example ``http://10.1.2.3:8080``; a path in it stays in front of every other.
        profile: tells the layout.

    Raises:
        ConfigurationError: the base address is none.
    """

    def __init__(self, base_url: str, profile: Profile) -> None:
        if not base_url.isascii() or not _ADDRESS.fullmatch(base_url):
            raise ConfigurationError(
                "base_url", "is no http:// or https:// address", remedy="Write http://host:port."
            )
        self._base = base_url.rstrip("/")
        self._profile = profile
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
        interface = self._profile.interfaces.get(infno)
        path = (interface.path if interface else "") or self._shared_path(infno)
        if _ADDRESS.fullmatch(path):
            return path
        return f"{self._base}/{path.lstrip('/')}" if path else self._base

    def _shared_path(self, infno: str) -> str:
        url = self._profile.url
        if url.layout == "prefix":
            return f"{url.path}{infno}"
        if url.layout == "table" and not url.path:
            raise UnknownInterface(
                f"交易 {infno} 在本站没有配置地址。请在站点配置的 interfaces.{infno}.path 中填写。"
            )
        return url.path
