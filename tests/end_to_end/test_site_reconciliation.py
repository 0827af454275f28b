"""3201 and 3202 in every shipped profile's dialect: through the SDK, against a platform that speaks it."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import visits
from mi_bridge.domain.reconciliation import compare
from mi_bridge.domain.settlement import (
    Account,
    Amounts,
    Period,
    Settlement,
    SettlementAnswer,
    SettlementKind,
    Sums,
)
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.clearing import TotalsVerdict
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import Checks, Profile, load_profile
from mi_bridge.insurer.profile.loading import shipped_profiles
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.simulator import RunningSimulator, SimulatorConfig, running_simulator
from mi_bridge.simulator.clearing_books import BooksOrder
from mi_bridge.traffic.clearing import Clearing
from mi_bridge.traffic.job_insurer import JobInsurer

ORG = "H99010100001"
PATIENT = visits.citizen(7)
RULES = load_settlement_rules()


@pytest.fixture(params=sorted(shipped_profiles()))
def profile(request: pytest.FixtureRequest) -> Profile:
    return load_profile(request.param)


@pytest.fixture
async def platform(profile: Profile) -> AsyncIterator[RunningSimulator]:
    async with running_simulator(SimulatorConfig(profile=profile.name)) as running:
        yield running


@pytest.fixture
async def jobs(profile: Profile, platform: RunningSimulator) -> AsyncIterator[JobInsurer]:
    """The platform as jobs see it; each message has a second of its own, as sites without a sequence need it."""
    seconds = itertools.count(int(time.time()))

    async def take_number() -> int:
        return next(seconds) * 10_000

    client = client_of(profile, platform)
    yield JobInsurer(client, take_number, org_code=ORG)
    await client.aclose()


def client_of(profile: Profile, platform: RunningSimulator) -> InsurerClient:
    return InsurerClient(
        profile=profile,
        credentials=Credentials("demo", SecretStr("demo-secret")),
        base_url=platform.base_url,
        base_urls=dict.fromkeys(profile.url.bases, platform.base_url),
        org_code=ORG,
    )


async def settle(profile: Profile, platform: RunningSimulator) -> Settlement:
    """Settle a visit, and read the settlement out of its answer as the bridge does."""
    # the visit's own messages are not what is proved here; those of 3201, 3202 and 9101 pass the site's checks
    client = client_of(profile.model_copy(update={"checks": Checks(mode="off")}), platform)
    registered = await client.call("2201", visits.registration(PATIENT, "OP1"))
    mdtrt_id = str(registered.output["data"]["mdtrt_id"])  # type: ignore[index]  # a success
    await client.call("2204", visits.fees(PATIENT, mdtrt_id, "88.80"))
    prepared = client.prepare(Call("2207", visits.bill(PATIENT, mdtrt_id, "88.80")))
    answer = await client.send(prepared)
    await client.aclose()
    told = SettlementAnswer(1, 1, "2207", "", prepared.msgid, "{}", answer.text)
    entry: dict[str, Any] = EntryReader(profile, profile.catalogue(), RULES.kinds, org_code=ORG).read(told)
    account = Account(ORG, entry["insutype"], entry["clr_type"], entry["clr_optins"])
    amounts = Amounts(*(Decimal(entry[name]) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")))
    keys = (entry["msgid"], entry["setl_id"], entry["mdtrt_id"], entry["psn_no"])
    moment = datetime.fromisoformat(entry["setl_time"])
    return Settlement(1, SettlementKind.SETTLEMENT, *keys, account, moment, amounts)


async def test_accounts_are_compared_in_the_sites_dialect(
    jobs: JobInsurer, profile: Profile, platform: RunningSimulator, tmp_path: Path
) -> None:
    ours = await settle(profile, platform)
    clearing = Clearing(jobs, profile, RULES, quarantine=tmp_path)
    day = Period(ours.setl_time.date(), ours.setl_time.date())

    agreed = await clearing.totals(ours.account, day, Sums.of([ours]))
    order = {"change": [{"setl_id": ours.setl_id, "acct_pay": "0.01"}]}
    platform.simulator.platform.centre.books.order(BooksOrder.model_validate(order))
    differs = await clearing.totals(ours.account, day, Sums.of([ours]))
    details = await clearing.details(ours.account.book, day, [ours])

    assert (agreed.verdict, differs.verdict) == (TotalsVerdict.BALANCED, TotalsVerdict.DIFFERS), agreed.words
    assert details.rows is not None, details.words
    (found,) = compare([ours], details.rows)
    assert (found.kind.value, found.differing) == ("AMOUNTS_DIFFER", ("acct_pay",))
