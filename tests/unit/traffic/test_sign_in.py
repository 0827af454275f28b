"""The numbers of this node's operators: asked for once, shared by all nodes, renewed when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from mi_bridge.errors import SignInUnavailable, StoreUnavailable
from mi_bridge.insurer.call import Sender
from mi_bridge.traffic.sign_in import CONDITION, NO_TICKET, Ticket
from mi_bridge.traffic.sign_in_desk import Signed
from sign_in_site import SignInSite as Site
from sign_in_site import site_profile, used

ORG = "H99010100001"
WHO = Sender(ORG, "0001")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    for node in made.nodes:
        await node.stop(1)


async def test_a_site_that_never_signs_in_asks_nobody(site: Site) -> None:
    node = site.node("never")
    assert node.settled(WHO, "1101")
    await node.ready(WHO, "1101", fresh=True)
    assert (node.at_hand(WHO, "1101"), node.asks("1101", "请先签到")) == (NO_TICKET, False)
    assert site.stores[0].calls == []


async def test_the_first_message_of_the_day_signs_in_and_the_next_ten_thousand_ask_nobody(site: Site) -> None:
    node = site.node()
    assert not node.settled(WHO, "1101")
    await node.ready(WHO, "1101")
    for _ in range(10_000):
        assert node.settled(WHO, "1101")
        assert node.at_hand(WHO, "1101") == Ticket("number-1", 1)
        node.worked(used(WHO, node.at_hand(WHO, "1101")))
    await asyncio.sleep(0.05)
    assert site.stores[0].calls == ["take", "finish", "prove"]
    assert len(site.desk.sent) == 1
    assert "number-1" not in repr(node.at_hand(WHO, "1101"))


async def test_9001_and_what_the_profile_exempts_carry_no_number(site: Site) -> None:
    node = site.node(exempt=("1201",))
    await node.ready(WHO, "9001")
    await node.ready(WHO, "1201")
    assert site.stores[0].calls == []
    await node.ready(WHO, "1101")
    assert node.at_hand(WHO, "9001") == node.at_hand(WHO, "1201") == NO_TICKET
    assert not node.asks("1201", "请先签到")


async def test_all_messages_and_all_nodes_share_one_sign_in(site: Site) -> None:
    nodes = [site.node() for _ in range(3)]
    site.desk.gate.clear()
    waiting = [asyncio.create_task(node.ready(WHO, "1101")) for node in nodes for _ in range(50)]
    await site.desk.started.wait()
    await asyncio.sleep(0.1)
    site.desk.gate.set()
    await asyncio.gather(*waiting)
    assert len(site.desk.sent) == 1
    assert {node.at_hand(WHO, "1101") for node in nodes} == {Ticket("number-1", 1)}
    # one node asked, the others looked a few times while it signed in: never one look for each message
    assert max(store.calls.count("take") for store in site.stores) < 12


async def test_each_operator_has_a_number_of_their_own(site: Site) -> None:
    node = site.node()
    other = Sender(ORG, "0002")
    await asyncio.gather(node.ready(WHO, "1101"), node.ready(other, "1101"))
    assert node.at_hand(WHO, "1101") != node.at_hand(other, "1101")
    assert sorted(sender.opter for sender in site.desk.sent) == ["0001", "0002"]


async def test_a_new_day_wants_a_new_number(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    site.time += 14 * 3600
    assert node.settled(WHO, "1101")
    site.time += 3600
    assert not node.settled(WHO, "1101")
    assert node.at_hand(WHO, "1101") == NO_TICKET
    await node.ready(WHO, "1101")
    assert node.at_hand(WHO, "1101") == Ticket("number-2", 2)


async def test_a_refused_number_that_worked_is_renewed_once_for_all(site: Site) -> None:
    nodes = [site.node() for _ in range(3)]
    for node in nodes:
        await node.ready(WHO, "1101")
    old = used(WHO, nodes[0].at_hand(WHO, "1101"))
    nodes[0].worked(old)
    await asyncio.sleep(0.05)
    told = await asyncio.gather(*(node.renewed(old) for node in nodes for _ in range(20)))
    assert set(told) == {True}
    assert len(site.desk.sent) == 2
    assert {node.at_hand(WHO, "1101").epoch for node in nodes} == {2}


async def test_a_resend_takes_the_number_another_node_renewed(site: Site) -> None:
    first, second = site.node(), site.node()
    await first.ready(WHO, "1101")
    await second.ready(WHO, "1101")
    old = used(WHO, first.at_hand(WHO, "1101"))
    first.worked(old)
    assert await first.renewed(old)
    assert second.at_hand(WHO, "1101").epoch == 1
    await second.ready(WHO, "1101", fresh=True)
    assert second.at_hand(WHO, "1101").epoch == 2


async def test_many_resends_at_once_ask_the_database_a_few_times(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    site.stores[0].calls.clear()
    await asyncio.gather(*(node.ready(WHO, "1101", fresh=True) for _ in range(200)))
    assert site.stores[0].calls == ["take"]


async def test_a_number_that_never_worked_is_not_replaced_and_the_refusal_stands(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    assert not await node.renewed(used(WHO, node.at_hand(WHO, "1101")))
    assert len(site.desk.sent) == 1
    assert site.alerts == [CONDITION]
    site.time += 11
    await node.ready(WHO, "1101")
    assert await node.renewed(used(WHO, node.at_hand(WHO, "1101")))
    assert len(site.desk.sent) == 2


async def test_on_demand_nobody_signs_in_before_a_refusal_asks_for_it(site: Site) -> None:
    node = site.node("on_demand")
    for _ in range(3):
        await node.ready(WHO, "1101")
        assert node.settled(WHO, "1101")
    assert (node.at_hand(WHO, "1101"), site.stores[0].calls) == (NO_TICKET, ["take"])
    assert await node.renewed(WHO)
    assert node.at_hand(WHO, "1101") == Ticket("number-1", 1)
    assert await node.renewed(WHO)
    assert len(site.desk.sent) == 1


async def test_on_demand_a_refused_sign_in_leaves_the_refusal(site: Site) -> None:
    node = site.node("on_demand")
    site.desk.answers = [Signed(fault="操作员不存在", retry_s=10, alarming=True)]
    await node.ready(WHO, "1101")
    assert not await node.renewed(WHO)
    assert site.alerts == [CONDITION]


async def test_where_sign_in_is_refused_messages_wait_and_people_hear_of_it(site: Site) -> None:
    node, other = site.node(), site.node()
    site.desk.answers = [Signed(fault="操作员不存在", retry_s=10, alarming=True)]
    told = await asyncio.gather(*(node.ready(WHO, "1101") for _ in range(20)), return_exceptions=True)
    assert {type(fault) for fault in told} == {SignInUnavailable}
    with pytest.raises(SignInUnavailable, match="操作员不存在") as waits:
        await other.ready(WHO, "1101")
    assert 0 < waits.value.retry_s <= 10
    assert (len(site.desk.sent), site.alerts) == (1, [CONDITION])
    assert "0001" in next(iter(site.database.conditions.values()))
    site.time += 11
    await other.ready(WHO, "1101")
    other.worked(used(WHO, other.at_hand(WHO, "1101")))
    await asyncio.sleep(0.05)
    assert site.alerts == []


async def test_a_platform_out_of_reach_raises_no_alert_of_ours(site: Site) -> None:
    node = site.node()
    site.desk.answers = [Signed(fault="未能连接医保平台", retry_s=1)]
    with pytest.raises(SignInUnavailable):
        await node.ready(WHO, "1101")
    assert site.alerts == []


async def test_a_renewal_that_fails_lets_the_message_wait_without_a_storm(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    old = used(WHO, node.at_hand(WHO, "1101"))
    node.worked(old)
    site.desk.answers = [Signed(fault="操作员不存在", retry_s=10, alarming=True)]
    told = await asyncio.gather(*(node.renewed(old) for _ in range(30)))
    assert set(told) == {True}
    for _ in range(10):
        with pytest.raises(SignInUnavailable):
            await node.ready(WHO, "1101")
    assert len(site.desk.sent) == 2


async def test_patience_with_a_slow_sign_in_ends_and_the_sign_in_goes_on(site: Site) -> None:
    node = site.node(patience_s=0.05)
    site.desk.gate.clear()
    with pytest.raises(SignInUnavailable, match="尚未完成"):
        await node.ready(WHO, "1101")
    site.desk.gate.set()
    await asyncio.sleep(0.05)
    assert node.at_hand(WHO, "1101") == Ticket("number-1", 1)
    assert len(site.desk.sent) == 1


async def test_a_slow_renewal_lets_the_message_be_sent_again_later(site: Site) -> None:
    node = site.node(patience_s=0.05)
    await node.ready(WHO, "1101")
    old = used(WHO, node.at_hand(WHO, "1101"))
    node.worked(old)
    site.desk.gate.clear()
    assert await node.renewed(old)
    site.desk.gate.set()


async def test_a_lost_database_is_told_to_who_asks_and_costs_no_refused_message_its_resend(
    site: Site,
) -> None:
    node = site.node()
    site.stores[0].broken = True
    with pytest.raises(StoreUnavailable):
        await node.ready(WHO, "1101")
    assert await node.renewed(WHO)
    site.stores[0].broken = False
    await node.ready(WHO, "1101")
    site.stores[0].broken = True
    node.worked(used(WHO, node.at_hand(WHO, "1101")))
    site.desk.answers = [Signed(fault="x", alarming=True)]
    await asyncio.sleep(0.05)
    assert site.stores[0].calls[-1] == "prove"


async def test_an_alert_that_cannot_be_raised_is_no_fault_of_the_message(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    store = site.stores[0]
    original: Callable[..., None] = store.condition

    def lose(kind: str, subject: str, message: str) -> None:
        store.broken = True
        original(kind, subject, message)

    store.condition = lose  # type: ignore[method-assign]  # the database goes away in between
    assert not await node.renewed(used(WHO, node.at_hand(WHO, "1101")))


async def test_a_proof_of_another_sign_in_says_nothing(site: Site) -> None:
    node = site.node()
    node.worked(used(WHO, Ticket("x", 1)))
    await node.ready(WHO, "1101")
    node.worked(WHO)
    node.worked(used(WHO, Ticket("x", 7)))
    await asyncio.sleep(0.02)
    assert "prove" not in site.stores[0].calls


async def test_a_sign_in_of_his_is_taken_over_and_its_end_as_well(site: Site) -> None:
    node = site.node()
    await node.ready(WHO, "1101")
    await node.take_over(WHO, "his-1")
    assert not node.settled(WHO, "1101")
    await node.ready(WHO, "1101")
    assert node.at_hand(WHO, "1101") == Ticket("his-1", 2)
    await node.take_over(WHO, "his-1")
    assert node.settled(WHO, "1101")
    await node.ended(WHO, "another")
    assert node.settled(WHO, "1101")
    await node.ended(WHO, "his-1")
    assert not node.settled(WHO, "1101")
    await node.ready(WHO, "1101")
    assert node.at_hand(WHO, "1101").sign_no == "number-2"


async def test_a_right_that_passed_to_his_own_sign_in_is_given_up(site: Site) -> None:
    node = site.node()
    site.desk.gate.clear()
    waiting = asyncio.create_task(node.ready(WHO, "1101"))
    await site.desk.started.wait()
    site.shared.connect().adopt_sign_in("n9", ORG, "0001", "his", 3600)
    site.desk.gate.set()
    await waiting
    assert node.at_hand(WHO, "1101").sign_no == "his"


async def test_a_persons_order_signs_in_whatever_there_is(site: Site) -> None:
    node = site.node()
    await node.order(WHO)
    await node.order(WHO)
    assert node.at_hand(WHO, "1101") == Ticket("number-2", 2)
    site.desk.answers = [Signed(fault="拒绝", retry_s=10, alarming=True)]
    with pytest.raises(SignInUnavailable, match="拒绝"):
        await node.order(WHO)


async def test_a_node_that_stops_lets_its_sign_in_end(site: Site) -> None:
    node = site.node()
    site.desk.gate.clear()
    waiting = asyncio.create_task(node.ready(WHO, "1101"))
    await site.desk.started.wait()
    waiting.cancel()
    asyncio.get_running_loop().call_later(0.05, site.desk.gate.set)
    await node.stop(2)
    site.nodes.clear()
    assert site.shared.row(ORG, "0001").sign_no == "number-1"


async def test_a_message_that_names_nobody_is_the_sites_own_operators(site: Site) -> None:
    node = site.node()
    nobody = Sender(ORG, "")
    assert not node.settled(nobody, "1101")
    await node.ready(nobody, "1101")
    assert node.at_hand(nobody, "1101") == node.at_hand(Sender(ORG, "demo"), "1101") == Ticket("number-1", 1)
    assert site.desk.sent[0].opter == "demo"


async def test_a_changed_profile_counts_at_once(site: Site) -> None:
    node = site.node("never")
    await node.ready(WHO, "1101")
    node.adopt(site_profile("daily", texts=("会话失效",)))
    await node.ready(WHO, "1101")
    assert node.at_hand(WHO, "1101") == Ticket("number-1", 1)
    assert (node.asks("1101", "会话失效"), node.asks("1101", "请先签到")) == (True, False)
    node.adopt(site_profile("never"))
    assert node.at_hand(WHO, "1101") == NO_TICKET
