"""One application at one platform: who we are there, and how its messages differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import Sm2Signer, Sm2Verifier

_LEAST_APP_ID = 16


@dataclass(frozen=True, slots=True)
class MobileSite:
    """What the platform's operator told the hospital.

    Args:
        app_id: the application (``appId``, ``chnlId``), at least 16 ASCII characters.
        app_secret: the secret that belongs to it.
        signer: signs our messages; with a key in memory, a `KeySigner`.
        verifier: verifies the platform's answers, by its public key.
        version: ``2.0.1`` (paths by function) or ``1.0.0`` (one path, ``transType``).
        enc_type, sign_type: as the platform writes them: ``SM4`` and ``SM2``, or ``sm4`` and ``sm2`` in v1.0.0.
        timestamp: ``milliseconds`` since 1970, or ``digits``: yyyyMMddHHmmss in China's time.
        trusts_unsigned_refusals: whether a refusal without a signature is believed.

    Raises:
        ConfigurationError: ``app_id`` or ``app_secret`` cannot be used; names it.
    """

    app_id: str
    app_secret: SecretStr = field(repr=False)
    signer: Sm2Signer = field(repr=False)
    verifier: Sm2Verifier = field(repr=False)
    version: str = "2.0.1"
    enc_type: str = "SM4"
    sign_type: str = "SM2"
    timestamp: Literal["milliseconds", "digits"] = "milliseconds"
    trusts_unsigned_refusals: bool = False

    def __post_init__(self) -> None:
        if len(self.app_id) < _LEAST_APP_ID or not self.app_id.isascii():
            raise ConfigurationError(
                "app_id",
                f"has {len(self.app_id)} characters, at least {_LEAST_APP_ID} ASCII ones are needed",
                remedy="Copy it again from the platform's letter.",
            )
        if not self.app_secret.get_secret_value():
            raise ConfigurationError("app_secret", "is empty", remedy="Ask the platform's operator for it.")
