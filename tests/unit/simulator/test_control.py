"""The simulator's own addresses."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mi_bridge.simulator import SimulatorConfig, create_app

WORKER = "990101198001016571"


async def test_health_says_what_plays(start: Any) -> None:
    hospital = await start(seed=9)
    await hospital.register()

    health = (await hospital.http.get("/_simulator/health")).json()

    assert (health["status"], health["mode"], health["profile"], health["seed"]) == ("ok", "live", "demo", 9)
    assert (health["messages"], health["effects"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 2),
        ({"psn_no": WORKER}, 2),
        ({"infno": "2201"}, 2),
        ({"infno": "2207"}, 0),
        ({"org_code": "H0"}, 0),
    ],
)
async def test_the_ledger_is_filtered(start: Any, query: dict[str, str], count: int) -> None:
    hospital = await start()
    await hospital.register()
    await hospital.register()

    view = (await hospital.http.get("/_simulator/ledger", params=query)).json()

    assert len(view["effects"]) == count


async def test_one_message_is_found_by_its_number(start: Any) -> None:
    hospital = await start()
    await hospital.register()
    first = hospital.simulator.ledger.effects[0].msgid
    await hospital.register()

    effects = (await hospital.http.get("/_simulator/ledger", params={"msgid": first})).json()["effects"]
    messages = (await hospital.http.get("/_simulator/messages", params={"msgid": first})).json()

    assert [one["msgid"] for one in effects] == [first]
    assert [one["msgid"] for one in messages["messages"]] == [first]
    assert messages["received"] == 2


@pytest.mark.parametrize("address", ["/_simulator/ledger", "/_simulator/messages"])
async def test_a_filter_nobody_knows_is_refused(start: Any, address: str) -> None:
    hospital = await start()

    answer = await hospital.http.get(address, params={"colour": "red"})

    assert answer.status_code == 400
    assert answer.json()["faults"] == [
        {"where": "colour", "what": "is no filter; known: psn_no, infno, msgid, org_code"}
    ]


async def test_faults_are_added_replaced_shown_and_ended(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "busy"})
    await hospital.order({"fault": "gbk", "infno": ["1101", "1201"]}, mode="add")

    shown = (await hospital.http.get("/_simulator/faults")).json()["rules"]
    ended = (await hospital.http.delete("/_simulator/faults")).json()["rules"]

    assert [(one["fault"], one["infno"]) for one in shown] == [("busy", "*"), ("gbk", ["1101", "1201"])]
    assert ended == []
    assert (await hospital.ask_person()).json()["infcode"] == 0


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ("{", "body", "is no JSON"),
        ("[]", "body", "Input should be"),
        ('{"mode":"add"}', "rules", "Field required"),
        ('{"rules":[{"fault":"busy","seconds":1}]}', "rules.0", "busy does not know seconds"),
        ('{"rules":[{"fault":"busy","times":"often"}]}', "rules.0.times", "valid integer"),
        ('{"rules":[],"mode":"delete"}', "mode", "'add' or 'replace'"),
    ],
)
async def test_a_bad_order_is_refused_and_says_where(start: Any, body: str, where: str, what: str) -> None:
    hospital = await start()
    await hospital.order({"fault": "gbk"})

    answer = await hospital.http.post("/_simulator/faults", content=body)

    assert answer.status_code == 400
    assert answer.json()["faults"][0]["where"] == where
    assert what in answer.json()["faults"][0]["what"]
    assert len((await hospital.http.get("/_simulator/faults")).json()["rules"]) == 1


async def test_a_reset_forgets_everything_but_the_configuration(start: Any) -> None:
    hospital = await start(faults=[{"fault": "text_infcode"}])
    first = (await hospital.register()).json()["output"]
    await hospital.order({"fault": "busy"})

    await hospital.http.post("/_simulator/reset")

    again = (await hospital.register()).json()
    assert (again["output"], again["infcode"]) == (first, "0")
    assert len(await hospital.effects("2201")) == 1


async def test_a_platform_that_works_does_not_replay(start: Any) -> None:
    hospital = await start()

    answer = await hospital.http.post("/_simulator/replay", json={"infno": "1101", "n": 1})

    assert answer.status_code == 400
    assert answer.json()["faults"][0]["what"] == "this simulator does not replay"


async def test_somebody_elses_listener_cannot_be_closed(clock: Any) -> None:
    async with TestClient(TestServer(create_app(SimulatorConfig(), clock=clock))) as client:
        answer = await client.post("/_simulator/faults", json={"rules": [{"fault": "refuse_connections"}]})

        assert answer.status == 400
        assert "needs the simulator's own listener" in await answer.text()


async def test_sign_ins_are_ended_wanted_refused_and_named_otherwise(start: Any) -> None:
    hospital = await start()
    order = hospital.http.post
    signed = {"signIn": {"opter_no": "1", "mac": "m", "ip": "i"}}
    await hospital.post("9001", signed)
    await hospital.post("9001", signed)

    other = (await order("/_simulator/sign-in", json={"expire": True, "org_code": "H0"})).json()
    words = {"expire": True, "require": True, "words": "会话{0}已失效", "refuse": "不能签到"}
    ended = (await order("/_simulator/sign-in", json=words)).json()
    asked = (await hospital.post("1101", {"data": {"psn_no": WORKER}})).json()
    refused = (await hospital.post("9001", signed)).json()
    await order("/_simulator/sign-in", json={"require": False, "refuse": ""})

    assert (other, ended) == ({"expired": 0}, {"expired": 2})
    assert (asked["infcode"], asked["err_msg"]) == (-1, "会话{0}已失效")
    assert refused["err_msg"] == "不能签到"
    assert (await hospital.post("9001", signed)).json()["infcode"] == 0
    assert (await hospital.post("1101", {"data": {"psn_no": WORKER}})).json()["err_msg"] != "会话{0}已失效"


async def test_a_wrong_order_about_sign_ins_changes_nothing(start: Any) -> None:
    hospital = await start()

    answer = await hospital.http.post("/_simulator/sign-in", json={"expires": True})

    assert answer.status_code == 400
    assert answer.json()["faults"][0]["where"] == "expires"
