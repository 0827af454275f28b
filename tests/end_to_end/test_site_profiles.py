"""Every shipped profile, against a platform that speaks that site's dialect and checks it: through the SDK, without a database."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import visits
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import UnknownInterface
from mi_bridge.insurer.address import AddressBook
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, Sender
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.client import FileClient
from mi_bridge.insurer.msgid import process_msgids
from mi_bridge.insurer.profile import Checks, Profile, load_profile
from mi_bridge.insurer.profile.loading import shipped_profiles
from mi_bridge.insurer.reversal import Reading, read_reversal, reversal_input
from mi_bridge.insurer.sign_in import asks_for_sign_in
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.sm2 import private_key
from mi_bridge.simulator import RunningSimulator, SimulatorConfig, running_simulator
from mi_bridge.traffic.sign_in_desk import SignInDesk

ORG = "H99010100001"
KEYS = Credentials("demo", SecretStr("demo-secret"))
PATIENT = visits.citizen(7)
NAMES = sorted(shipped_profiles())
NEEDED = ("1101", "2201", "2204", "2207", "2208", "2304", "2601")


@pytest.fixture(params=NAMES)
def profile(request: pytest.FixtureRequest) -> Profile:
    # the dialect is the matter here, and messages may be short
    return load_profile(request.param).model_copy(update={"checks": Checks(mode="off")})


@pytest.fixture
async def platform(profile: Profile) -> AsyncIterator[RunningSimulator]:
    async with running_simulator(SimulatorConfig(profile=profile.name)) as running:
        yield running


@pytest.fixture
async def client(profile: Profile, platform: RunningSimulator) -> AsyncIterator[InsurerClient]:
    made = client_of(profile, platform.base_url)
    yield made
    await made.aclose()


def client_of(profile: Profile, base_url: str, keys: Credentials = KEYS) -> InsurerClient:
    return InsurerClient(
        profile=profile,
        credentials=keys,
        base_url=base_url,
        base_urls=dict.fromkeys(profile.url.bases, base_url),
        org_code=ORG,
        # a test need not wait for the clock of a site with one number a second
        msgids=process_msgids(),
    )


async def good(client: InsurerClient, infno: str, source: dict[str, Any]) -> Answer:
    answer = await client.call(infno, source)
    assert (answer.outcome, answer.infcode) == (Outcome.OK, "0"), (infno, answer.err_msg, answer.fault)
    return answer


async def registered(client: InsurerClient) -> str:
    answer = await good(client, "2201", visits.registration(PATIENT, "OP1"))
    return str(answer.output["data"]["mdtrt_id"])  # type: ignore[index]  # the outcome is OK


def test_a_file_bears_its_profiles_name(profile: Profile) -> None:
    assert shipped_profiles()[profile.name].stem == profile.name
    assert profile.title
    assert len(profile.catalogue()) >= 291


def test_every_listed_transaction_has_an_address(profile: Profile) -> None:
    book = AddressBook("http://h", profile, dict.fromkeys(profile.url.bases, "http://other"))
    codes = [*profile.url.paths, *profile.wire_codes, *profile.interfaces, *NEEDED]

    addresses = {code: book.find(code) for code in codes}

    assert all(address.startswith("http://h/") for address in addresses.values())
    assert len({addresses[code] for code in NEEDED}) in (1, len(NEEDED))


async def test_an_outpatient_visit_in_the_sites_dialect(
    client: InsurerClient, platform: RunningSimulator, profile: Profile
) -> None:
    signed = await good(client, "9001", {"opter_no": "1", "mac": "02-00-00-00-00-01", "ip": "127.0.0.1"})
    await good(client, "1101", visits.person(PATIENT))
    mdtrt_id = await registered(client)
    await good(client, "2203", visits.diagnosis(PATIENT, mdtrt_id))
    await good(client, "2204", visits.fees(PATIENT, mdtrt_id, "20.00", "66.50"))
    bill = visits.bill(PATIENT, mdtrt_id, "86.50")
    await good(client, "2206", bill)
    settled = await good(client, "2207", bill)
    again = await client.call("2207", bill)
    setl_id = settled.output["setlinfo"]["setl_id"]  # type: ignore[index]  # the outcome is OK
    await good(client, "2208", visits.refund(PATIENT, mdtrt_id, setl_id))

    assert list(signed.output or {}) == [client.catalogue.get("9001").output_node]
    assert (again.outcome, again.err_msg) == (Outcome.REFUSED, "门诊患者已结算, 请勿重复结算")
    effects = platform.simulator.ledger.effects
    assert [one.infno for one in effects] == ["9001", "2201", "2203", "2204", "2207", "2208"]
    received = [one.infno for one in platform.simulator.ledger.messages]
    assert profile.wire_code("2207") in received


async def test_a_settlement_is_reversed_under_the_code_it_travelled_by(
    client: InsurerClient, platform: RunningSimulator
) -> None:
    mdtrt_id = await registered(client)
    await good(client, "2204", visits.fees(PATIENT, mdtrt_id, "88.80"))
    prepared = client.prepare(Call("2207", visits.bill(PATIENT, mdtrt_id, "88.80")))
    await client.send(prepared)

    lost = reversal_input(psn_no=PATIENT, msgid=prepared.msgid, infno="2207")
    answer = await good(client, "2601", lost)

    assert read_reversal(answer, client.profile.texts) is Reading.DONE
    assert [one.infno for one in platform.simulator.ledger.effects if one.msgid == prepared.msgid] == ["2207"]


async def test_a_forged_message_is_turned_away_and_not_executed(
    profile: Profile, platform: RunningSimulator
) -> None:
    forger = client_of(profile, platform.base_url, Credentials("demo", SecretStr("guess")))
    answer = await forger.call("2201", visits.registration(PATIENT, "OP1"))
    await forger.aclose()

    assert answer.outcome is Outcome.GATEWAY_REFUSED
    assert platform.simulator.ledger.effects == []


async def test_a_file_goes_there_and_back_signed_as_the_site_wants_it(
    client: InsurerClient, tmp_path: Path
) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_text("x\t\ty\n" * 1000, encoding="utf-8")
    files = FileClient(client)

    up = await files.upload(source, filename="a.txt", org_code=ORG)
    down = await files.download(up.output["file_qury_no"], "a.txt", target, owner=ORG, org_code=ORG)  # type: ignore[index]  # asserted below

    assert (up.outcome, down.outcome) == (Outcome.OK, Outcome.OK), (up.err_msg, down.err_msg)
    assert target.read_bytes() == source.read_bytes()


async def test_zhejiang_covers_the_bytes_and_calls_its_own_codes() -> None:
    zhejiang = load_profile("zhejiang")
    async with running_simulator(SimulatorConfig(profile="zhejiang")) as running:
        client = client_of(zhejiang, running.base_url)
        prepared = client.prepare(Call("2206", visits.bill(PATIENT, "1", "1.00")))
        async with httpx.AsyncClient(trust_env=False) as http:
            changed = prepared.body.replace(b"1.00", b"9.00")
            answer = await http.post(prepared.url, content=changed, headers=list(prepared.headers))
        with pytest.raises(UnknownInterface, match=r"交易 5203 .*url\.paths\.5203"):
            client.prepare(Call("5203", {"psn_no": PATIENT}))
        await client.aclose()

    sent = json.loads(prepared.body)
    assert (answer.status_code, answer.json()["message"]) == (401, "签名不一致!")
    assert prepared.url.endswith("/fsi/api/outpatientSettleService/preSettletmentA")
    assert (sent["infno"], sent["recer_sys_code"], sent["cainfo"], sent["dev_no"]) == (
        "2206A",
        "FSI_LOCAL",
        "1",
        "1",
    )
    assert prepared.transaction.infno == "2206"


async def test_zhejiang_takes_a_single_object_as_his_wrote_it() -> None:
    client = client_of(load_profile("zhejiang"), "http://h")
    one = visits.diagnosis(PATIENT, "1")
    sent = json.loads(client.prepare(Call("2203", {**one, "diseinfo": one["diseinfo"][0]})).body)
    await client.aclose()

    assert isinstance(sent["input"]["diseinfo"], dict)


async def test_guangzhou_signs_the_input_and_wraps_its_answers() -> None:
    guangzhou = load_profile("guangzhou")
    async with running_simulator(SimulatorConfig(profile="guangzhou")) as running:
        client = client_of(guangzhou, running.base_url)
        answer = await client.call("1101", visits.person(PATIENT))
        prepared = client.prepare(Call("1101", visits.person(PATIENT)))
        forged = prepared.body.replace(b'"psn_cert_type":"01"', b'"psn_cert_type":"99"')
        async with httpx.AsyncClient(trust_env=False) as http:
            wrapped = await http.post(prepared.url, content=prepared.body, headers=list(prepared.headers))
            refused = await http.post(prepared.url, content=forged, headers=list(prepared.headers))
        await client.aclose()

    wrapper = wrapped.json()
    assert (wrapper["code"], wrapper["type"], wrapper["data"]["infcode"]) == (0, "success", 0)
    assert (answer.outcome, answer.infcode) == (Outcome.OK, "0")
    assert json.loads(answer.text).keys() == wrapper["data"].keys(), (
        "HIS reads output at the same place at every site"
    )
    assert refused.json()["data"]["err_msg"] == "FSI-数字签名信息cainfo校验不通过"


async def test_shenzhen_asks_with_an_empty_text() -> None:
    client = client_of(load_profile("shenzhen"), "http://h")
    sent = json.loads(client.prepare(Call("5101", "{}")).body)
    await client.aclose()

    assert sent["input"] == ""


@pytest.mark.parametrize(
    ("name", "length", "end"), [("guangzhou", 26, ""), ("shenzhen", 30, "1"), ("hunan", 30, "")]
)
async def test_message_numbers_as_the_site_writes_them(name: str, length: int, end: str) -> None:
    site = load_profile(name).model_copy(update={"checks": Checks(mode="off")})
    client = InsurerClient(
        profile=site,
        credentials=KEYS,
        base_url="http://h",
        base_urls=dict.fromkeys(site.url.bases, "http://h"),
        org_code=ORG,
    )
    msgid = client.prepare(Call("1101", "{}")).msgid
    await client.aclose()

    assert (len(msgid), msgid.startswith(ORG), msgid.endswith(end)) == (length, True, True)


async def test_inner_mongolia_names_itself_in_a_header() -> None:
    client = client_of(load_profile("inner_mongolia"), "http://h")
    settlement = client.prepare(Call("2207", visits.bill(PATIENT, "1", "1.00")))
    query = client.prepare(Call("1101", "{}"))
    await client.aclose()

    assert dict(settlement.headers)["apikey"] == "demo-secret"
    assert [json.loads(one.body)["signtype"] for one in (settlement, query)] == ["MOCK", ""]
    assert "demo-secret" not in repr(settlement)


async def test_every_site_signs_in_and_out_in_its_dialect(profile: Profile) -> None:
    password = "operators" if profile.sign_in.needs_password else ""
    config = SimulatorConfig(profile=profile.name, require_sign_in=True, sign_in_password=SecretStr(password))
    async with running_simulator(config) as running:
        client = client_of(profile, running.base_url)
        desk = SignInDesk(client, profile, password=password)
        second = int(time.time())
        until = time.monotonic() + 30
        who = Sender(ORG, "0001")
        try:
            signed = await desk.sign_in(who, second * 10_000, not_after=until)
            assert (signed.fault, bool(signed.sign_no)) == ("", True)
            asked = await client.call("1101", visits.person(PATIENT), sign_no=signed.sign_no)
            assert asked.outcome is Outcome.OK
            if await _signed_out(desk, who, signed.sign_no, (second + 1) * 10_000):
                ended = await client.call("1101", visits.person(PATIENT), sign_no=signed.sign_no)
                assert asks_for_sign_in(profile, "1101", ended.err_msg)
        finally:
            await client.aclose()


async def _signed_out(desk: SignInDesk, who: Sender, sign_no: str, number: int) -> bool:
    """Sign out; where a site's address of 9002 was never published that is refused before anything is sent."""
    try:
        out = await desk.sign_out(who, sign_no, number, not_after=time.monotonic() + 30)
    except UnknownInterface:
        return False
    assert out.outcome is Outcome.OK
    return True


async def test_a_site_that_verifies_sm2_takes_the_hospitals_key_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "sealed.toml"
    demo = shipped_profiles()["demo"].read_text(encoding="utf-8")
    file.write_text(demo.replace('# cainfo_kind = "text"', 'cainfo_kind = "sm2"'), encoding="utf-8")
    mine, other = private_key(7**40), private_key(7**41)

    async with running_simulator(
        SimulatorConfig(profile=str(file), public_key=mine.public.raw.hex())
    ) as running:
        outcomes = []
        for key in (mine, other):
            keys = Credentials("demo", SecretStr("demo-secret"), SecretStr(f"{key.scalar:064x}"))
            client = client_of(load_profile(file), running.base_url, keys)
            answer = await client.call("1101", visits.person(PATIENT))
            outcomes.append((answer.outcome, answer.err_msg))
            await client.aclose()

    assert outcomes == [(Outcome.OK, ""), (Outcome.REFUSED, "FSI-数字签名信息cainfo校验不通过")]
