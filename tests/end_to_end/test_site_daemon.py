"""A whole node at sites whose dialect is far from the national one: a settlement whose answer is lost is undone there too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.settings import Settings
from site_settings import site_values
from waiting import eventually

PATIENT = visits.citizen(5)


@pytest.fixture(params=["zhejiang", "guangzhou"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return load_profile(request.param)


@pytest.fixture
def platform(profile: Profile) -> Iterator[InsurerPlatform]:
    """A platform of that site, which wants a sign-in and no number twice."""
    with InsurerPlatform(profile=profile.name, require_sign_in=True, duplicate_msgid="refuse") as running:
        yield running


@pytest.fixture(autouse=True)
def bridge(
    hospital_database: str, platform: InsurerPlatform, profile: Profile, stack: ExitStack
) -> BridgeThread:
    """One node of that site."""
    values = site_values(hospital_database, platform.base_url, "node-a")
    values["insurer"] |= {
        "profile": profile.name,
        "base_urls": dict.fromkeys(profile.url.bases, platform.base_url),
        "sign_in_password": "demo",
    }
    return stack.enter_context(BridgeThread(Settings.model_validate(values)))


def test_a_lost_settlement_is_reversed_under_the_number_and_code_it_was_sent_by(
    his: HisDesk, platform: InsurerPlatform, profile: Profile
) -> None:
    mdtrt_id = str(his.good("2201", visits.registration(PATIENT, "OP1"))["data"]["mdtrt_id"])
    his.good("2204", visits.fees(PATIENT, mdtrt_id, "66.60"))
    bill = visits.bill(PATIENT, mdtrt_id, "66.60")
    platform.order({"fault": "reset_after", "infno": "2207", "times": 1})

    request = his.submit("2207", bill)
    eventually(lambda: his.statuses()[request] == "REVERSED", "the reversal", limit_s=30)
    again = his.good("2207", bill)

    assert [effect["state"] for effect in platform.effects(infno="2207")] == ["reversed", "applied"]
    assert again["setlinfo"]["setl_id"]
    numbers = [effect["msgid"] for effect in platform.effects()]
    length = 26 if profile.name == "guangzhou" else 30
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {length}
