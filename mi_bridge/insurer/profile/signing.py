"""How messages are signed at a site: one class per scheme, with its parameters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mi_bridge.insurer.profile.part import Part


class TifSigning(Part):
    """Tencent TIF: SHA-256 over time, token and nonce.

    Args:
        uppercase: whether the signature is written in upper-case hexadecimal digits.
    """

    kind: Literal["tif"]
    uppercase: bool = False


class CsbSigning(Part):
    """Alibaba CSB: HMAC-SHA1 over the gateway's own headers.

    Args:
        api_name: the name the gateway publishes; ``{infno}`` stands for the code (Hunan), Jiangsu has a constant.
        api_version: the version the gateway publishes.
        timestamp: the unit of ``_api_timestamp``.
    """

    kind: Literal["csb"]
    api_name: str = "{infno}"
    api_version: str = "1.0.0"
    timestamp: Literal["milliseconds", "seconds"] = "milliseconds"


class XcaSigning(Part):
    """``x-ca``: HMAC-SM3 over time and the exact bytes of the body.

    Args:
        timestamp: the unit of the time: seconds in Zhejiang, milliseconds in Shaanxi.
    """

    kind: Literal["x-ca"]
    timestamp: Literal["seconds", "milliseconds"] = "seconds"


class NoSigning(Part):
    """No signature at all."""

    kind: Literal["none"]


Signing = Annotated[TifSigning | CsbSigning | XcaSigning | NoSigning, Field(discriminator="kind")]
