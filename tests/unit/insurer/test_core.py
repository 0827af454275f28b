from __future__ import annotations

import dataclasses
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping

import httpx
import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import ConfigurationError, MalformedInput, UnknownInterface
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import Checks, Profile
from mi_bridge.insurer.signing.port import Credentials

from .conftest import NOON, Gateway

ORG = "H99990100002"


@pytest.fixture
def make_client(demo: Profile, credentials: Credentials) -> Callable[[str], InsurerClient]:
    def make(url: str) -> InsurerClient:
        return InsurerClient(
            profile=demo,
            credentials=credentials,
            base_url=url,
            org_code=ORG,
            org_names={ORG: "测试医院"},
            clock=lambda: NOON,
        )

    return make


MakeClient = Callable[[str], InsurerClient]


async def test_what_is_prepared_is_what_arrives(gateway: Gateway, make_client: MakeClient) -> None:
    async with make_client(gateway.url) as client:
        prepared = client.prepare(Call("1101", '{"psn_no":"990101198001016571","amt":2.00}'))
        answer = await client.send(prepared)

    ((path, headers, body),) = gateway.requests
    assert answer.outcome is Outcome.OK
    assert path == "/fsi/api/rsfComIfsService/callService"
    assert body == prepared.body
    assert b'"amt":2.00' in body
    assert hashlib.sha256(body).hexdigest() == prepared.body_sha256
    assert headers["x-tif-paasid"] == "fake_id"
    assert headers["x-tif-timestamp"] == "1642730400"
    assert headers["content-type"] == "application/json; charset=utf-8"


async def test_a_call_in_one_go(gateway: Gateway, make_client: MakeClient) -> None:
    async with make_client(gateway.url) as client:
        answer = await client.call("1101", {"psn_no": "1"}, opter="0007", msgid="M1")

    sent = json.loads(gateway.requests[0][2])
    assert answer.output == {"baseinfo": {"psn_no": "99000000000000000001"}}
    assert (sent["opter"], sent["msgid"], sent["input"]) == ("0007", "M1", {"data": {"psn_no": "1"}})


async def test_a_code_padded_with_blanks_is_known(gateway: Gateway, make_client: MakeClient) -> None:
    async with make_client(gateway.url) as client:
        prepared = client.prepare(Call("1101      ", "{}"))

    assert prepared.infno == "1101"
    assert json.loads(prepared.body)["infno"] == "1101"


def test_each_message_has_its_own_number(make_client: MakeClient) -> None:
    client = make_client("http://127.0.0.1:9")
    numbers = {client.prepare(Call("1101", "{}")).msgid for _ in range(50)}

    assert len(numbers) == 50
    assert all(number.startswith(ORG) and len(number) == 30 for number in numbers)


def test_the_calls_own_organisation_sends(make_client: MakeClient) -> None:
    prepared = make_client("http://127.0.0.1:9").prepare(Call("1101", "{}", org_code="P99990100003"))

    assert prepared.msgid.startswith("P99990100003")
    assert json.loads(prepared.body)["fixmedins_code"] == "P99990100003"


def test_nothing_a_patient_would_mind_is_in_the_repr(make_client: MakeClient) -> None:
    prepared = make_client("http://127.0.0.1:9").prepare(
        Call("1101", '{"certno":"CANARY"}', opter_name="CANARY")
    )

    assert "CANARY" not in repr(prepared)
    assert "x-tif-signature" not in repr(prepared)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (Call("9999", "{}"), UnknownInterface, "9999"),
        (Call("6302", "{}"), UnknownInterface, "由医保平台发起"),
        (Call("1101", ""), MalformedInput, "输入为空"),
        (Call("1101", "{}", msgid="x" * 31), MalformedInput, "msgid"),
        (Call("1101", "{}", org_code="x" * 13), MalformedInput, "fixmedins_code"),
    ],
)
def test_a_message_that_cannot_be_made_is_refused(
    make_client: MakeClient, call: Call, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make_client("http://127.0.0.1:9").prepare(call)


def test_no_organisation_at_all_is_refused(demo: Profile, credentials: Credentials) -> None:
    client = InsurerClient(profile=demo, credentials=credentials, base_url="http://127.0.0.1:9")

    with pytest.raises(MalformedInput, match="fixmedins_code（定点医药机构编号）为空"):
        client.prepare(Call("1101", "{}"))


def test_missing_credentials_are_named(demo: Profile) -> None:
    with pytest.raises(ConfigurationError, match="app_id: is empty"):
        InsurerClient(profile=demo, credentials=Credentials(), base_url="http://127.0.0.1:9")


async def test_nobody_there_proves_not_sent(make_client: MakeClient) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with make_client(url) as client:
            answer = await client.call("2207", {"psn_no": "1"})

    assert (answer.outcome, answer.fault) == (Outcome.NOT_SENT, "connect_refused")
    assert answer.err_msg.startswith("报文没有送达医保平台（connect_refused")
    assert (answer.http_status, answer.text) == (None, "")


async def test_silence_is_unknown(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with make_client(f"http://127.0.0.1:{silent.getsockname()[1]}") as client:
            answer = await client.send(client.prepare(Call("2207", '{"psn_no":"1"}')), timeout_s=0.2)

    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, "answer_timeout")
    assert "结果未知" in answer.err_msg


async def test_past_its_deadline_nothing_is_sent(gateway: Gateway, make_client: MakeClient) -> None:
    async with make_client(gateway.url) as client:
        prepared = client.prepare(Call("2207", '{"psn_no":"1"}'))
        answer = await client.send(prepared, not_after=time.monotonic() - 0.001)

    assert (answer.outcome, answer.fault) == (Outcome.NOT_SENT, "deadline_passed")
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"infcode":-1,"err_msg":"x"}', Outcome.REFUSED),
        (200, b"", Outcome.UNKNOWN),
        (502, b"<html>", Outcome.UNKNOWN),
        (401, b"", Outcome.GATEWAY_REFUSED),
        (200, b'{"infcode":0}', Outcome.SUSPICIOUS),
    ],
)
async def test_what_comes_back_becomes_an_outcome(
    gateway: Gateway, make_client: MakeClient, status: int, body: bytes, outcome: Outcome
) -> None:
    gateway.status, gateway.answer = status, body
    async with make_client(gateway.url) as client:
        answer = await client.call("2207", {"psn_no": "1"})

    assert (answer.outcome, answer.http_status) == (outcome, status)


class CountingTransport(httpx.AsyncBaseTransport):
    """A transport of the caller's own."""

    closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b'{"infcode":0}', request=request)

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_given_transport_stays_the_callers(demo: Profile, credentials: Credentials) -> None:
    transport = CountingTransport()
    async with InsurerClient(
        profile=demo, credentials=credentials, base_url="http://h", org_code=ORG, transport=transport
    ) as client:
        answer = await client.call("2202", {"psn_no": "1"})

    assert answer.outcome is Outcome.OK
    assert transport.closed == 0


class _Device:
    """A signing device: what it makes takes a while."""

    blocking = True

    def __init__(self) -> None:
        self.threads: list[str] = []

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:
        self.threads.append(threading.current_thread().name)
        return f"SIGNED-{envelope['infno']}-{len(input_text)}"


async def test_a_device_signs_beside_the_loop(
    gateway: Gateway, demo: Profile, credentials: Credentials
) -> None:
    device = _Device()
    async with InsurerClient(
        profile=demo, credentials=credentials, base_url=gateway.url, org_code=ORG, cainfo=device
    ) as client:
        assert client.blocking
        await client.call("1101", {"psn_no": "1"})

    ((_path, _headers, body),) = gateway.requests
    assert json.loads(body)["cainfo"].startswith("SIGNED-1101-")
    assert device.threads != [threading.main_thread().name]


async def test_what_is_doubtful_about_a_message_comes_with_its_answer(
    gateway: Gateway, make_client: MakeClient
) -> None:
    async with make_client(gateway.url) as client:
        doubtful = await client.call("1101", {"mdtrt_cert_type": "02", "mdtrt_cert_no": {}})
        plain = await client.call("1101", {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"})
        unchecked = client.prepare(Call("1101", {"mdtrt_cert_no": "1"}, checked=False))

    assert doubtful.check_report == "1 处：input.mdtrt_cert_no：必填，为空（就诊凭证编号）。"
    assert plain.check_report == ""
    assert unchecked.findings is None


async def test_a_site_that_refuses_sends_nothing(
    gateway: Gateway, demo: Profile, credentials: Credentials
) -> None:
    strict = demo.model_copy(update={"checks": Checks(mode="refuse")})
    client = InsurerClient(profile=strict, credentials=credentials, base_url=gateway.url, org_code=ORG)
    async with client:
        with pytest.raises(MalformedInput, match=r"input\.mdtrt_cert_no：必填，缺失"):
            await client.call("1101", {"mdtrt_cert_type": "02"})
    assert gateway.requests == []


async def test_another_profile_counts_from_the_next_message_on(
    make_client: MakeClient, demo: Profile
) -> None:
    async with make_client("http://h") as client:
        before = client.prepare(Call("1101", "{}"))
        client.adopt(demo.model_copy(update={"infver": "2.0", "reversible": ("2207",)}))
        after = client.prepare(Call("1101", "{}"))

        assert [json.loads(one.body)["infver"] for one in (before, after)] == ["1.0.0", "2.0"]
        assert client.profile.infver == "2.0"
        assert client.catalogue.get("2304").reversed_by == ""


async def test_a_profile_that_cannot_be_used_changes_nothing(make_client: MakeClient, demo: Profile) -> None:
    async with make_client("http://h") as client:
        elsewhere = demo.url.model_copy(update={"bases": {"lists": ("42*",)}})
        with pytest.raises(ConfigurationError, match=r"base_urls\.lists"):
            client.adopt(demo.model_copy(update={"url": elsewhere}))

        assert client.profile is demo


class _Session:
    """Signs every call, and hears of every answer."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.asked: list[tuple[str, str]] = []

    def signed(self, call: Call) -> Call:
        return dataclasses.replace(call, sign_no="680003", sign_epoch=3)

    async def ready(self, infno: str, sender: Sender) -> None:
        self.asked.append((infno, sender.opter))

    async def heed(self, prepared: PreparedCall, answer: Answer) -> Answer:
        assert prepared.sender is not None
        self.heard.append((prepared.sender.opter, prepared.sender.sign_epoch))
        return dataclasses.replace(answer, outcome=Outcome.NOT_SIGNED_IN)


async def test_a_client_under_a_session_signs_and_lets_it_hear(
    gateway: Gateway, make_client: MakeClient
) -> None:
    session = _Session()
    async with make_client(gateway.url) as plain:
        signed = plain.under(session)
        await signed.ready("1101", Sender("", "0001"))
        await plain.ready("1101", Sender("", "0002"))
        first = await signed.call("1101", '{"psn_no":"1"}', opter="0001")
        second = await plain.call("1101", '{"psn_no":"1"}')
        third = await signed.transfer(signed.prepare(Call("9102", "{}", checked=False)))
        await signed.aclose()
        fourth = await plain.call("1101", '{"psn_no":"1"}')

    outcomes = [answer.outcome for answer in (first, second, third, fourth)]
    assert outcomes == [Outcome.NOT_SIGNED_IN, Outcome.OK, Outcome.NOT_SIGNED_IN, Outcome.OK]
    assert session.asked == [("1101", "0001")]
    assert [epoch for _, epoch in session.heard] == [3, 3]
    assert [json.loads(body)["sign_no"] for _, _, body in gateway.requests] == ["680003", "", "680003", ""]
