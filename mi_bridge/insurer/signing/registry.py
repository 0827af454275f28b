"""Which schemes a profile names; a new scheme is one module and one line here."""

from __future__ import annotations

import time

from mi_bridge.insurer.profile import CsbSigning, Profile, TifSigning, XcaSigning
from mi_bridge.insurer.signing.cainfo import CainfoMaker, Sm2Cainfo, Sm3Cainfo
from mi_bridge.insurer.signing.csb import CsbSigner
from mi_bridge.insurer.signing.plain import PlainSigner
from mi_bridge.insurer.signing.port import Clock, Credentials, Signer
from mi_bridge.insurer.signing.sm2 import KeySigner, load_private_key
from mi_bridge.insurer.signing.tif import TifSigner
from mi_bridge.insurer.signing.xca import XcaSigner


def build_signer(profile: Profile, credentials: Credentials, clock: Clock = time.time) -> Signer:
    """Return the signer of this profile.

    Args:
        profile: names the scheme and its parameters.
        credentials: what the gateway gave this hospital.
        clock: tells timestamps.

    Raises:
        ConfigurationError: the scheme needs a credential that is empty.
    """
    scheme = profile.signing
    if isinstance(scheme, TifSigning):
        return TifSigner(credentials, clock=clock, uppercase=scheme.uppercase)
    if isinstance(scheme, CsbSigning):
        return CsbSigner(
            credentials,
            api_name=scheme.api_name,
            api_version=scheme.api_version,
            seconds=scheme.timestamp == "seconds",
            clock=clock,
        )
    if isinstance(scheme, XcaSigning):
        return XcaSigner(credentials, milliseconds=scheme.timestamp == "milliseconds", clock=clock)
    return PlainSigner()


def build_cainfo(profile: Profile, credentials: Credentials) -> CainfoMaker | None:
    """Return what makes ``cainfo`` at this site; None where it is a plain text.

    Args:
        profile: names the kind.
        credentials: hold the private key, where the kind needs one.

    Raises:
        ConfigurationError: the private key is missing or is none, or no library on this machine computes SM2.
    """
    if profile.cainfo_kind == "sm3":
        return Sm3Cainfo()
    if profile.cainfo_kind == "sm2":
        key = load_private_key(credentials.sign_key, setting="sign_key")
        return Sm2Cainfo(KeySigner(key, user_id=profile.cainfo_user_id.encode()))
    return None
