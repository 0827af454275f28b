"""Messages to the platform, and its answers: both are sealed the same way, each with its sender's key."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mi_bridge.domain import exact_json
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.mobile.cipher import DataCipher, derive_key
from mi_bridge.insurer.mobile.sign_text import sign_text
from mi_bridge.insurer.mobile.site import MobileSite
from mi_bridge.insurer.signing.port import Clock

_CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed message, opened.

    Args:
        fields: its fields as they came, numbers as they were written.
        text: the decrypted data; empty where there is none.
        fault: why it proves nothing; empty when its signature is right.
    """

    fields: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    fault: str


class MobileEnvelope:
    """Seals and opens the messages of one application.

    Args:
        site: the application.
        clock: tells the timestamp.
    """

    def __init__(self, site: MobileSite, clock: Clock = time.time) -> None:
        self._site = site
        self._secret = site.app_secret.get_secret_value()
        self._cipher = DataCipher(derive_key(site.app_id, self._secret))
        self._clock = clock

    def seal(
        self, data: str | Mapping[str, Any], *, trans_type: str = "", further: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return a sealed message's bytes.

        Args:
            data: what it says, as JSON text or as a mapping; numbers are sent as they are written.
            trans_type: the function, where the path does not name it.
            further: more fields of the message, signed with the others (an answer's ``code`` and ``message``).

        Raises:
            MalformedInput: the data is no JSON object, or no valid text.
        """
        content = _object(data)
        site = self._site
        fields: dict[str, Any] = {
            "appId": site.app_id,
            "encType": site.enc_type,
            "signType": site.sign_type,
            "timestamp": self._timestamp(),
            **({"transType": trans_type} if trans_type else {}),
            "version": site.version,
            **(further or {}),
        }
        try:
            signature = site.signer.sign(sign_text({**fields, "data": content}, self._secret).encode())
            fields["encData"] = self._cipher.encrypt(exact_json.write(content))
        except UnicodeEncodeError:
            raise MalformedInput(
                "移动支付报文的数据含有不成对的代理字符，不是合法文字。请检查其来源。"
            ) from None
        fields["signData"] = base64.b64encode(signature).decode("ascii")
        return exact_json.write(fields).encode()

    def open(self, fields: dict[str, Any]) -> Opened:
        """Decrypt and verify a sealed message. Nothing is raised, whatever it holds.

        Args:
            fields: the message, as `exact_json` reads it.
        """
        sealed, text, content = fields.get("encData"), "", None
        if sealed not in (None, ""):
            try:
                text = self._cipher.decrypt(str(sealed))
                content = exact_json.read(text)
            except ValueError:
                return Opened(fields, "", "answer_undecryptable")
        fault = self._signature_fault(fields, content if text else fields.get("data"))
        return Opened(fields, text, fault)

    def _signature_fault(self, fields: dict[str, Any], content: Any) -> str:
        written = fields.get("signData")
        if written in (None, ""):
            return "answer_unsigned"
        try:
            signature = base64.b64decode(str(written), validate=True)
            text = sign_text({**fields, "data": content}, self._secret).encode()
        except (binascii.Error, ValueError):
            return "answer_signature_wrong"
        return "" if self._site.verifier.verify(text, signature) else "answer_signature_wrong"

    def _timestamp(self) -> str:
        now = self._clock()
        if self._site.timestamp == "milliseconds":
            return str(int(now * 1000))
        return f"{datetime.fromtimestamp(now, _CHINA):%Y%m%d%H%M%S}"


def _object(data: str | Mapping[str, Any]) -> dict[str, Any]:
    try:
        content = exact_json.read(data if isinstance(data, str) else exact_json.write(data))
    except RecursionError:
        raise MalformedInput("移动支付报文的数据嵌套过深。请检查其来源。") from None
    except (ValueError, TypeError) as fault:
        where = (
            f"（第 {fault.lineno} 行第 {fault.colno} 列）" if isinstance(fault, json.JSONDecodeError) else ""
        )
        raise MalformedInput(f'移动支付报文的数据不是合法的 JSON{where}。请写成 {{"字段": 值}}。') from None
    if not isinstance(content, dict):
        raise MalformedInput('移动支付报文的数据应为 JSON 对象。请写成 {"字段": 值}。')
    return content
