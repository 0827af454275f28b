"""The client and the simulated platform over real HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Any, Literal

import httpx
import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import ConfigurationError, MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.mobile import MobileClient
from mi_bridge.insurer.signing.sm2 import KeySigner, private_key
from mi_bridge.simulator import SimulatorConfig, running_simulator

HOSPITAL, PLATFORM = private_key(0xA11CE), private_key(0xB0B)
UPLOAD, PAY, REFUND, QUERY = (
    f"/org/local/api/hos/{name}" for name in ("uldFeeInfo", "pay_order", "refund_Order", "query_order_info")
)
Talk = Callable[..., AbstractAsyncContextManager[MobileClient]]


@pytest.fixture
def talk(make_site: Any) -> Talk:
    """Open a client at a platform of its own."""

    @asynccontextmanager
    async def opened(
        deviation: Literal["", "forged", "garbled", "unsigned"] = "", **changes: Any
    ) -> AsyncIterator[MobileClient]:
        mobile = {
            "app_id": "99FAKEAPPID0000000000000000000AA",
            "app_secret": "FAKESECRET000000",
            "private_key": PLATFORM.raw.hex(),
            "hospital_key": HOSPITAL.public.raw.hex(),
            "deviation": deviation,
        }
        config = SimulatorConfig.model_validate({"mobile": mobile})
        async with (
            running_simulator(config) as running,
            MobileClient(make_site(**changes), base_url=running.base_url) as client,
        ):
            yield client

    return opened


def content(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.output, dict), answer
    return answer.output


async def test_an_order_from_upload_to_refund(talk: Talk) -> None:
    async with talk() as client:
        uploaded = await client.call(UPLOAD, '{"medOrgOrd": "M1", "medfeeSumamt": 88.80}')
        assert uploaded.outcome is Outcome.OK, uploaded
        key = {"payOrdId": content(uploaded)["payOrdId"], "payToken": content(uploaded)["payToken"]}
        paid = await client.call(PAY, key)
        assert content(paid)["ordStas"] == "6"
        assert content(paid)["feeSumamt"] == Decimal("88.80")
        assert content(paid)["fundPay"] + content(paid)["ownPayAmt"] == Decimal("88.80")
        assert (await client.call(PAY, key)).outcome is Outcome.REFUSED
        wrong = await client.call(REFUND, {**key, "totlRefdAmt": "1.00"})
        assert (wrong.outcome, wrong.err_msg) == (Outcome.REFUSED, "退费金额与订单金额不一致")
        assert content(await client.call(REFUND, {**key, "totlRefdAmt": "88.80"}))["refStatus"] == "SUCC"
        assert (await client.call(REFUND, {**key, "totlRefdAmt": "88.80"})).outcome is Outcome.REFUSED
        found = await client.call(QUERY, key)
        assert (content(found)["ordStas"], content(found)["medOrgOrd"]) == ("7", "M1")


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        (PAY, {"payOrdId": "ORD9"}, "订单不存在"),
        (UPLOAD, {"medfeeSumamt": "much"}, "金额格式错误"),
        (UPLOAD, {"medfeeSumamt": "-1"}, "金额格式错误"),
        ("/org/local/api/hos/nowhere", {}, "接口不存在"),
    ],
)
async def test_a_refusal_is_told_in_the_platforms_words(talk: Talk, path: str, data: Any, words: str) -> None:
    async with talk() as client:
        answer = await client.call(path, data)
    assert (answer.outcome, answer.err_msg) == (Outcome.REFUSED, words)


@pytest.mark.parametrize(
    ("deviation", "fault"),
    [
        ("forged", "answer_signature_wrong"),
        ("garbled", "answer_undecryptable"),
        ("unsigned", "answer_unsigned"),
    ],
)
async def test_an_answer_that_proves_nothing_is_unknown(talk: Talk, deviation: Any, fault: str) -> None:
    async with talk(deviation) as client:
        for path in (UPLOAD, PAY):  # one would be OK, the other refused
            answer = await client.call(path, {"medfeeSumamt": "1"})
            assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, fault)


async def test_the_platform_refuses_a_stranger(talk: Talk) -> None:
    async with talk(signer=KeySigner(private_key(7))) as client:
        answer = await client.call(UPLOAD, {"medfeeSumamt": "1"})
        assert (answer.outcome, answer.err_msg) == (Outcome.REFUSED, "验签失败")


async def test_the_platform_refuses_what_it_cannot_read(talk: Talk, make_site: Any) -> None:
    async with talk() as client, httpx.AsyncClient(base_url=client._base, trust_env=False) as plain:
        for body in (b"", b"[]", b"\xff"):
            assert "报文格式错误" in (await plain.post(UPLOAD, content=body)).text
        assert "解密失败" in (await plain.post(UPLOAD, json={"encData": "zz"})).text
        assert (await plain.post("/_simulator/reset")).status_code == 200
        assert (await client.call(QUERY, {"payOrdId": "ORD000001"})).outcome is Outcome.REFUSED


class _SlowSigner(KeySigner):
    blocking = True


async def test_a_slow_signer_works_in_a_thread_of_its_own(talk: Talk) -> None:
    async with talk(signer=_SlowSigner(HOSPITAL)) as client:
        assert (await client.call(UPLOAD, {"medfeeSumamt": "1"})).outcome is Outcome.OK


async def test_what_never_left_is_not_sent(make_site: Any) -> None:
    async with MobileClient(make_site(), base_url="http://127.0.0.1:1") as client:
        answer = await client.call(UPLOAD, {})
        assert (answer.outcome, answer.fault) == (Outcome.NOT_SENT, "connect_refused")
        late = await client.call(UPLOAD, {}, not_after=time.monotonic() - 1)
        assert (late.outcome, late.fault) == (Outcome.NOT_SENT, "deadline_passed")


async def test_what_got_no_answer_is_unknown(make_site: Any) -> None:
    class Lost(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("reset")

    transport = Lost()
    async with MobileClient(make_site(), base_url="http://h", transport=transport) as client:
        answer = await client.call("", {}, timeout_s=1)
    assert answer.outcome is Outcome.UNKNOWN
    assert "结果未知" in answer.err_msg


async def test_data_that_cannot_be_sent_raises_before_anything_is(make_site: Any) -> None:
    async with MobileClient(make_site(), base_url="http://127.0.0.1:1") as client:
        with pytest.raises(MalformedInput):
            await client.call(UPLOAD, "not json")


@pytest.mark.parametrize("address", ["", "ftp://h", "http://", "http://医保"])
def test_an_address_that_is_none_is_named(make_site: Any, address: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        MobileClient(make_site(), base_url=address)
