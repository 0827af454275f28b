"""``cainfo`` as the platform checks it: made anew, or verified with the hospital's public key."""

from __future__ import annotations

import json
from collections.abc import Callable

from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.signing.cainfo import Sm3Cainfo, signed_text
from mi_bridge.insurer.signing.sm2 import KeyVerifier, load_public_key
from mi_bridge.simulator.fields import Node, text

Seal = Callable[[Node, bytes], bool]
"""Tells whether a message's ``cainfo`` is right: the message as JSON, and its bytes."""

_NOT_COVERED = ("cainfo", "input")


def build_seal(profile: Profile, public_key: str) -> Seal:
    """Return the check of a site.

    Args:
        profile: names the kind of ``cainfo``; a plain text is never checked.
        public_key: the hospital's SM2 key, where the kind is ``sm2``.

    Raises:
        ConfigurationError: the public key is missing or is none.
    """
    if profile.cainfo_kind == "sm3":
        return _is_digest
    if profile.cainfo_kind == "sm2":
        return _signed_by(profile, public_key)
    return lambda _document, _body: True


def _is_digest(document: Node, body: bytes) -> bool:
    signed = _input_text(body)
    return signed is not None and text(document, "cainfo") == Sm3Cainfo().make({}, signed)


def _signed_by(profile: Profile, public_key: str) -> Seal:
    key = load_public_key(public_key, setting="public_key")
    verifier = KeyVerifier(key, user_id=profile.cainfo_user_id.encode())

    def check(document: Node, _body: bytes) -> bool:
        envelope = {name: text(document, name) for name in document if name not in _NOT_COVERED}
        try:
            signature = bytes.fromhex(text(document, "cainfo"))
        except ValueError:
            return False
        return verifier.verify(signed_text(envelope).encode(), signature)

    return check


def _input_text(body: bytes) -> str | None:
    """Return the JSON text of a message's ``input`` as it was before it was written into a string; None where there is none to sign."""
    try:
        text_of_input = read_input(body.decode(), limit_bytes=len(body)).slices()["input"]
    except (RequestRefused, KeyError, UnicodeDecodeError):
        return None
    return str(json.loads(text_of_input)) if text_of_input.startswith('"') else text_of_input
