"""The mobile-payment platform: takes sealed messages, keeps orders, answers sealed.

The functions, their fields and the states of an order are those of 6201, 6202, 6203 and 6301 (Hunan edition of 2024); the codes
of refusals were never published, so any code but 0 refuses here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mi_bridge.domain import exact_json
from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.mobile.envelope import MobileEnvelope
from mi_bridge.insurer.mobile.site import MobileSite
from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, load_private_key, load_public_key
from mi_bridge.simulator.clock import Clock
from mi_bridge.simulator.money import ZERO, cents

_OK, _MALFORMED, _UNTRUSTED, _UNKNOWN_FUNCTION, _REFUSED = "0", "10001", "10002", "10003", "20001"
_SETTLED, _PAID, _REFUNDED = "1", "6", "7"
_FUND_SHARE = Decimal("0.7")


class MobileConfig(BaseModel):
    """The one application this platform knows.

    Args:
        app_id, app_secret: the application.
        private_key: the platform's SM2 key, in any form `load_private_key` reads.
        hospital_key: the hospital's public key.
        path: what the functions' paths begin with.
        deviation: what is wrong with every answer: ``forged`` says other than what was signed, ``garbled`` cannot be decrypted,
            ``unsigned`` has no signature.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_id: str = Field(min_length=16)
    app_secret: SecretStr
    private_key: SecretStr
    hospital_key: str
    path: str = Field("/org/local/api/hos/", pattern=r"^/.*/$")
    deviation: Literal["", "forged", "garbled", "unsigned"] = ""


class _Refusal(RequestRefused):
    """A definite no, with the platform's code and words."""

    def __init__(self, answer_code: str, words: str) -> None:
        super().__init__(words)
        self.answer_code = answer_code


class MobilePlatform:
    """Everything the platform remembers.

    Args:
        config: the application.
        clock: tells the time.

    Raises:
        ConfigurationError: a key cannot be used.
    """

    def __init__(self, config: MobileConfig, clock: Clock) -> None:
        key = load_private_key(config.private_key, setting="mobile.private_key")
        site = MobileSite(
            app_id=config.app_id,
            app_secret=config.app_secret,
            signer=KeySigner(key),
            verifier=KeyVerifier(load_public_key(config.hospital_key, setting="mobile.hospital_key")),
        )
        self._envelope = MobileEnvelope(site, clock=lambda: clock.now().timestamp())
        self._clock = clock
        self._deviation = config.deviation
        self.orders: dict[str, dict[str, Any]] = {}
        self._functions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "uldFeeInfo": self._upload,
            "pay_order": self._pay,
            "refund_Order": self._refund,
            "query_order_info": self._query,
        }

    def answer(self, function: str, body: bytes) -> bytes:
        """Return the sealed answer to a message.

        Args:
            function: the last part of its path, or its ``transType``.
            body: its bytes.
        """
        try:
            content = self._work(function, body)
        except _Refusal as refusal:
            return self._sealed({}, refusal.answer_code, refusal.message)
        return self._sealed(content, _OK, "成功")

    def _work(self, function: str, body: bytes) -> dict[str, Any]:
        try:
            fields = exact_json.read(body.decode())
        except ValueError:
            raise _Refusal(_MALFORMED, "报文格式错误") from None
        if not isinstance(fields, dict):
            raise _Refusal(_MALFORMED, "报文格式错误")
        opened = self._envelope.open(fields)
        if opened.fault == "answer_undecryptable":
            raise _Refusal(_UNTRUSTED, "解密失败")
        if opened.fault:
            raise _Refusal(_UNTRUSTED, "验签失败")
        work = self._functions.get(function or str(fields.get("transType", "")))
        if work is None:
            raise _Refusal(_UNKNOWN_FUNCTION, "接口不存在")
        content = exact_json.read(opened.text or "{}")
        return work(content if isinstance(content, dict) else {})

    def _upload(self, content: dict[str, Any]) -> dict[str, Any]:
        total = _amount(content.get("medfeeSumamt"))
        number = f"ORD{len(self.orders) + 1:06d}"
        fund = (total * _FUND_SHARE).quantize(Decimal("0.01"), ROUND_DOWN)
        self.orders[number] = {
            "payOrdId": number,
            "ordStas": _SETTLED,
            "medOrgOrd": str(content.get("medOrgOrd") or ""),
            "feeSumamt": total,
            "ownPayAmt": total - fund,
            "psnAcctPay": ZERO,
            "fundPay": fund,
        }
        return {"payOrdId": number, "payToken": f"TOKEN-{number}", "extData": {}}

    def _pay(self, content: dict[str, Any]) -> dict[str, Any]:
        order = self._order(content, token=True)
        if order["ordStas"] != _SETTLED:
            raise _Refusal(_REFUSED, "订单状态不允许支付")
        order["ordStas"] = _PAID
        return order

    def _refund(self, content: dict[str, Any]) -> dict[str, Any]:
        order = self._order(content, token=False)
        if order["ordStas"] != _PAID:
            raise _Refusal(_REFUSED, "订单未支付或已退款")
        if _amount(content.get("totlRefdAmt")) != order["feeSumamt"]:
            raise _Refusal(_REFUSED, "退费金额与订单金额不一致")
        order["ordStas"] = _REFUNDED
        now = self._clock.now()
        return {"refdSn": f"R{order['payOrdId']}", "hiTrnsDate": f"{now:%Y%m%d}", "refStatus": "SUCC"}

    def _query(self, content: dict[str, Any]) -> dict[str, Any]:
        return self._order(content, token=False)

    def _order(self, content: dict[str, Any], *, token: bool) -> dict[str, Any]:
        number = str(content.get("payOrdId", ""))
        order = self.orders.get(number)
        if order is None or (token and content.get("payToken") != f"TOKEN-{number}"):
            raise _Refusal(_REFUSED, "订单不存在")
        return order

    def _sealed(self, content: dict[str, Any], code: str, words: str) -> bytes:
        sealed = self._envelope.seal(
            content, further={"code": code, "message": words, "success": code == _OK}
        )
        return _spoiled(sealed, self._deviation) if self._deviation else sealed


def _spoiled(sealed: bytes, deviation: str) -> bytes:
    fields = exact_json.read(sealed.decode())
    if deviation == "unsigned":
        del fields["signData"]
    elif deviation == "garbled":
        fields["encData"] = fields["encData"][:-2]
    else:
        fields["message"] += "。"  # what is signed is no longer what is said
    return exact_json.write(fields).encode()


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise _Refusal(_REFUSED, "金额格式错误") from None
    if not amount.is_finite() or amount < 0 or amount > Decimal("1e12"):
        raise _Refusal(_REFUSED, "金额格式错误")
    return cents(amount)
