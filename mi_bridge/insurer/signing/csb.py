"""Alibaba CSB (Cloud Service Bus), as Hunan and Jiangsu use it.

Headers ``_api_name``, ``_api_version``, ``_api_timestamp``, ``_api_access_key``, ``_api_signature``. The JSON body is not
covered; the gateway accepts a timestamp within 30 minutes of its own.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping

from mi_bridge.insurer.signing.port import Clock, Credentials, Headers


def csb_signature(parameters: Mapping[str, str], secret: str) -> str:
    """Return the base64 of HMAC-SHA1 over ``key=value&…``, sorted by key, in UTF-8."""
    text = "&".join(f"{key}={parameters[key]}" for key in sorted(parameters))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode("ascii")


class CsbSigner:
    """Signs with an access key and a secret key.

    Args:
        credentials: ``app_id`` is the access key, ``app_secret`` the secret key.
        api_name: the published name; ``{infno}`` in it becomes the transaction's code.
        api_version: the published version.
        seconds: whether the timestamp counts seconds instead of milliseconds.
        clock: tells the timestamp.

    Raises:
        ConfigurationError: one half of the credentials is empty.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        api_name: str = "{infno}",
        api_version: str = "1.0.0",
        seconds: bool = False,
        clock: Clock = time.time,
    ) -> None:
        self._access_key, self._secret = credentials.require("CSB")
        self._api_name = api_name
        self._api_version = api_version
        self._factor = 1 if seconds else 1000
        self._clock = clock

    def sign(self, infno: str, body: bytes) -> Headers:  # noqa: ARG002 - CSB leaves a JSON body out
        """Return the five CSB headers."""
        parameters = {
            "_api_name": self._api_name.replace("{infno}", infno),
            "_api_version": self._api_version,
            "_api_timestamp": str(int(self._clock() * self._factor)),
            "_api_access_key": self._access_key,
        }
        return (*parameters.items(), ("_api_signature", csb_signature(parameters, self._secret)))
