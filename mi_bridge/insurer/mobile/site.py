"""One application at one platform: who we are there, and how its messages differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self, TypedDict, Unpack

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import (
    DEFAULT_USER_ID,
    KeySigner,
    KeyVerifier,
    Sm2Signer,
    Sm2Verifier,
    load_private_key,
    load_public_key,
)

_LEAST_APP_ID = 16


class Differences(TypedDict, total=False):
    """The fields of `MobileSite` in which platforms differ, by keyword."""

    version: str
    enc_type: str
    sign_type: str
    timestamp: Literal["milliseconds", "digits"]
    trusts_unsigned_refusals: bool


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

    @classmethod
    def from_keys(
        cls,
        *,
        app_id: str,
        app_secret: str | SecretStr,
        private_key: str | SecretStr | Path,
        platform_key: str | SecretStr | Path,
        user_id: bytes = DEFAULT_USER_ID,
        **differences: Unpack[Differences],
    ) -> Self:
        """Return a site whose keys are in memory or in files.

        Args:
            app_id: the application.
            app_secret: the secret that belongs to it.
            private_key: ours, in any form `load_private_key` reads, or the path of its file.
            platform_key: the platform's public key, likewise.
            user_id: the identity signatures are bound to. Vendors' code hands over the secret here and ignores it, so that the
                usual identity holds; a platform that means it says so.
            **differences: the other fields.

        Raises:
            ConfigurationError: a key is none, or its file cannot be read; names it and shows nothing of it.
        """
        return cls(
            app_id=app_id,
            app_secret=app_secret if isinstance(app_secret, SecretStr) else SecretStr(app_secret),
            signer=KeySigner(load_private_key(private_key, setting="private_key"), user_id=user_id),
            verifier=KeyVerifier(load_public_key(platform_key, setting="platform_key"), user_id=user_id),
            **differences,
        )

    def __post_init__(self) -> None:
        if len(self.app_id) < _LEAST_APP_ID or not self.app_id.isascii():
            raise ConfigurationError(
                "app_id",
                f"has {len(self.app_id)} characters, at least {_LEAST_APP_ID} ASCII ones are needed",
                remedy="Copy it again from the platform's letter.",
            )
        if not self.app_secret.get_secret_value():
            raise ConfigurationError("app_secret", "is empty", remedy="Ask the platform's operator for it.")
