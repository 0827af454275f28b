"""The mobile-payment platform's answers: nobody without its key gets anything but UNKNOWN believed."""

from __future__ import annotations

import json

from pydantic import SecretStr

from mi_bridge.domain import exact_json
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.mobile import MobileSite
from mi_bridge.insurer.mobile.answer import read_answer
from mi_bridge.insurer.mobile.cipher import DataCipher, derive_key
from mi_bridge.insurer.mobile.envelope import MobileEnvelope
from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, private_key
from scripts.fuzz_parts.mutation import json_mutation
from scripts.fuzz_parts.target import Target, promise

_APP_ID, _SECRET = "99FAKEAPPID0000000000000000000AA", "FAKESECRET000000"
_HOSPITAL, _PLATFORM = private_key(0xA11CE), private_key(0xB0B)
_CIPHER = DataCipher(derive_key(_APP_ID, _SECRET))


def _envelope(*, platform: bool) -> MobileEnvelope:
    ours, theirs = (_PLATFORM, _HOSPITAL) if platform else (_HOSPITAL, _PLATFORM)
    return MobileEnvelope(
        MobileSite(
            app_id=_APP_ID,
            app_secret=SecretStr(_SECRET),
            signer=KeySigner(ours),
            verifier=KeyVerifier(theirs.public),
        ),
        clock=lambda: 1642730400.0,
    )


_OURS, _THEIRS = _envelope(platform=False), _envelope(platform=True)


def check(data: bytes) -> None:
    """Read bytes as an answer, as one around well-encrypted data, or as data the platform sealed: the first byte chooses."""
    if not data:
        return
    (_as_answer, _as_encrypted, _as_sealed)[data[0] % 3](data[1:])


def _as_answer(body: bytes) -> None:
    answer = read_answer(body, _OURS, http_status=200)
    if answer.outcome is not Outcome.UNKNOWN:
        # only the platform's own words, in whatever layout, pass
        promise(
            exact_json.read(body.decode("utf-8-sig", "replace"))["signData"] in _SIGNED,
            "UNKNOWN",
            answer.outcome,
        )
    promise("\x00" not in answer.text and "\x00" not in answer.err_msg, "holds no NUL")


def _as_encrypted(text: bytes) -> None:
    fields = {
        "code": "20001",
        "encData": _CIPHER.encrypt(text.decode("utf-8", "replace")),
        "signData": "AAAA",
    }
    answer = read_answer(json.dumps(fields).encode(), _OURS, http_status=200)
    promise(answer.outcome is Outcome.UNKNOWN, "UNKNOWN", answer.outcome)


def _as_sealed(text: bytes) -> None:
    try:
        sealed = _THEIRS.seal(text.decode("utf-8", "replace"), further={"code": "0", "message": "ok"})
    except MalformedInput:
        return
    answer = read_answer(sealed, _OURS, http_status=200)
    promise(answer.outcome is Outcome.OK, "what was sealed is opened", answer.outcome, answer.fault)


_SEALED = tuple(
    _THEIRS.seal('{"payOrdId":"ORD1","feeSumamt":88.80}', further={"code": code, "message": "ok"})
    for code in ("0", "20001")
)
_SIGNED = frozenset(json.loads(sealed)["signData"] for sealed in _SEALED)


_WORDS = ("encData", "signData", "code", "message", "data", "extra", "\\ud800", "\\u0000", "1e400")
TARGET = Target(
    check,
    (
        *(b"\x00" + sealed for sealed in _SEALED),
        b'\x00{"code":"20001","message":"x"}',
        b'\x01{"payOrdId":"ORD1","list":[1,null,"",{}]}',
        b'\x02{"payOrdId":"ORD1","feeSumamt":88.80,"list":[1,null,"",{}],"a":{"b":[]}}',
    ),
    _WORDS,
    json_mutation(1, _WORDS),
)
