"""Platforms that insist on a sign-in: one for the whole cluster, renewed when it ends, and nothing lost by it."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import visits
from bridge_process import BridgeProcess
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.cli.signed_in import signed_in
from mi_bridge.domain.outcome import Outcome
from mi_bridge.resources import folder
from mi_bridge.settings import Settings
from mi_bridge.traffic.job_insurer import JobInsurer
from site_settings import ORG, site_values, write_settings
from waiting import eventually

_OPERATORS = ("0001", "0002")
_CASHIERS = 8
_QUERIES_EACH = 12
StartBridge = Callable[..., BridgeThread]


@pytest.fixture
def platform() -> Iterator[InsurerPlatform]:
    """A simulator that takes nothing without a sign-in."""
    with InsurerPlatform(require_sign_in=True, sign_in_password="operators") as running:
        yield running


@pytest.fixture
def site(
    hospital_database: str, platform: InsurerPlatform, tmp_path: Path
) -> Callable[..., dict[str, dict[str, Any]]]:
    """The settings of a node at a site that signs in as the keywords say."""

    def make(node: str, policy: str = "daily", **sign_in: Any) -> dict[str, dict[str, Any]]:
        # Guangzhou's variant of the input: the number is to be had with the password only
        values = {"policy": policy, "patience_s": 3.0, "pause_s": 1.0, **sign_in}
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
        fields = (
            '[sign_in.in_fields]\nuserid = "{opter}"\nopter_no = "{opter}"\npassword = "{password_md5}"\n'
            'currenttime = "{time}"\nmac = "{mac}"\nip = "{ip}"\n'
        )
        file = tmp_path / f"{node}.toml"
        file.write_text("\n".join([text, "[sign_in]", *lines, fields]), encoding="utf-8")
        settings = site_values(hospital_database, platform.base_url, node)
        settings["insurer"] |= {"profile": str(file), "sign_in_password": "operators"}
        return settings

    return make


@pytest.fixture
def start(stack: ExitStack, site: Callable[..., dict[str, dict[str, Any]]]) -> StartBridge:
    """Start a node on a thread."""

    def run(node: str = "node-a", policy: str = "daily", **sign_in: Any) -> BridgeThread:
        settings = Settings.model_validate(site(node, policy, **sign_in))
        return stack.enter_context(BridgeThread(settings))

    return run


def _sign_ins(platform: InsurerPlatform) -> Counter[str]:
    """How often each operator signed in."""
    bodies = (json.loads(body) for body in list(platform.bodies))
    return Counter(str(one["opter"]) for one in bodies if one["infno"] == "9001")


def _numbers(platform: InsurerPlatform) -> set[str]:
    bodies = (json.loads(body) for body in list(platform.bodies))
    return {str(one["sign_no"]) for one in bodies if one["infno"] != "9001" and one["sign_no"]}


def _working(his: HisDesk) -> bool:
    """Whether every operator has a number that the platform has taken."""
    rows = his.sql.execute("SELECT state, proved FROM v_medical_insurance_sign_ins").fetchall()
    return len(rows) == len(_OPERATORS) and all(tuple(row) == ("SIGNED_IN", 1) for row in rows)


def _due(his: HisDesk, platform: InsurerPlatform, jobs: list[Future[Any]], count: int) -> bool:
    for job in jobs:
        if job.done():
            job.result()  # a cashier that failed ends the test at once
    return _working(his) and len(platform.messages()) > count


def _asked(database: str, cashier: int, together: threading.Barrier) -> list[int]:
    """One cashier asks for one person after the other."""
    opter = _OPERATORS[cashier % len(_OPERATORS)]
    with HisDesk(database) as his:
        together.wait(30)
        return [
            his.submit(
                "1101",
                visits.person(visits.citizen(1 + cashier * _QUERIES_EACH + number)),
                opter=opter,
                timeout=60,
            )
            for number in range(_QUERIES_EACH)
        ]


def _settled(database: str, cashier: int, together: threading.Barrier) -> str:
    """One cashier settles one visit; every step must be a success."""
    patient = visits.citizen(500 + cashier)
    opter = _OPERATORS[cashier % len(_OPERATORS)]
    with HisDesk(database) as his:
        together.wait(30)
        visit = his.good("2201", visits.registration(patient, f"OP{cashier}"), opter=opter, timeout=60)[
            "data"
        ]["mdtrt_id"]
        his.good("2203", visits.diagnosis(patient, visit), opter=opter, timeout=60)
        his.good("2204", visits.fees(patient, visit, "20.00", "466.50"), opter=opter, timeout=60)
        bill = visits.bill(patient, visit, "486.50")
        his.good("2206", bill, opter=opter, timeout=60)
        return str(his.good("2207", bill, opter=opter, timeout=60)["setlinfo"]["setl_id"])


def test_three_nodes_and_eight_cashiers_need_one_sign_in_for_each_operator(
    start: StartBridge, hospital_database: str, his: HisDesk, platform: InsurerPlatform
) -> None:
    for node in ("node-a", "node-b", "node-c"):
        start(node)
    together = threading.Barrier(_CASHIERS)
    with ThreadPoolExecutor(_CASHIERS) as pool:
        jobs = [pool.submit(_asked, hospital_database, one, together) for one in range(_CASHIERS)]
        asked = [number for job in jobs for number in job.result()]

    lines = [his.ended(number) for number in asked]
    assert {line.result_status for line in lines} == {"SUCCESS"}
    assert {line.attempts for line in lines} == {1}
    assert _sign_ins(platform) == dict.fromkeys(_OPERATORS, 1)
    assert len(_numbers(platform)) == len(_OPERATORS)
    nodes = his.sql.execute("SELECT DISTINCT node_id FROM medical_insurance_attempts").fetchall()
    assert len(nodes) > 1, "more than one node worked"


def test_numbers_that_end_in_the_middle_of_everything_cost_nothing(
    start: StartBridge, hospital_database: str, his: HisDesk, platform: InsurerPlatform
) -> None:
    for node in ("node-a", "node-b", "node-c"):
        start(node)
    platform.order({"fault": "latency", "distribution": "uniform", "from_ms": 5, "to_ms": 40})
    together = threading.Barrier(2 * _CASHIERS)
    with ThreadPoolExecutor(2 * _CASHIERS) as pool:
        asking = [pool.submit(_asked, hospital_database, one, together) for one in range(_CASHIERS)]
        settling = [pool.submit(_settled, hospital_database, one, together) for one in range(_CASHIERS)]
        for count in (20, 55, 90):
            # a number that never worked is not replaced at once, so each must have worked before it ends
            eventually(partial(_due, his, platform, [*asking, *settling], count), f"{count} messages")
            platform.sign_in(expire=True)
        settlements = [job.result() for job in settling]
        asked = [number for job in asking for number in job.result()]

    assert {his.ended(number).result_status for number in asked} == {"SUCCESS"}
    assert len(set(settlements)) == _CASHIERS
    for infno in ("2201", "2207"):
        effects = platform.effects(infno=infno)
        assert Counter(one["psn_no"] for one in effects) == {
            visits.citizen(500 + one): 1 for one in range(_CASHIERS)
        }
        assert {one["state"] for one in effects} == {"applied"}
    # each end is answered by one new sign-in an operator, whatever number of nodes and messages it met
    assert all(1 < count <= 4 for count in _sign_ins(platform).values())
    refused = his.sql.execute(
        "SELECT count(*) FROM medical_insurance_attempts WHERE outcome = 'NOT_SIGNED_IN'"
    ).fetchone()[0]
    assert refused > 0, "some messages met an ended number"
    assert "SIGN_IN_FAILED" not in his.alerts()


def test_on_demand_the_first_refusal_signs_in(
    start: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    start(policy="on_demand")
    platform.sign_in(require=False)
    his.good("1101", visits.person(visits.citizen(1)))
    assert _sign_ins(platform) == {}
    platform.sign_in(require=True, words="操作员未签到，请重新签到")
    answer = his.call_v2("2201", visits.registration(visits.citizen(1), "OP1"))
    assert answer.request_id is not None
    line = his.line(answer.request_id)
    assert (line.result_status, line.attempts) == ("SUCCESS", 2)
    attempts = his.sql.execute(
        "SELECT outcome, msgid FROM medical_insurance_attempts WHERE request_id = ? ORDER BY attempt_id",
        answer.request_id,
    ).fetchall()
    assert [row[0] for row in attempts] == ["NOT_SIGNED_IN", "OK"]
    assert attempts[0][1] != attempts[1][1]
    assert len(platform.effects(infno="2201")) == 1
    his.good("1101", visits.person(visits.citizen(2)))
    assert sum(_sign_ins(platform).values()) == 1


def test_where_no_sign_in_is_to_be_had_requests_wait_and_an_alert_says_so(
    start: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    platform.sign_in(refuse="操作员不存在，不能签到")
    start()
    number = his.submit("2201", visits.registration(visits.citizen(1), "OP1"), timeout=60)
    eventually(lambda: "SIGN_IN_FAILED" in his.alerts(), "the alert")
    eventually(lambda: "等待签到" in str(his.line(number).error_message), "the reason HIS reads")
    line = his.line(number)
    assert (line.result_status, line.attempts) == ("PROCESSING", 0)
    assert his.row(number)[2] == 0
    platform.sign_in(refuse="")
    assert his.ended(number).result_status == "SUCCESS"
    eventually(lambda: "SIGN_IN_FAILED" not in his.alerts(), "the alert's end")
    assert len(platform.effects(infno="2201")) == 1


def test_a_platform_that_is_never_content_answers_with_its_refusal(
    start: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    # what it refuses is not the number: signing in changes nothing
    start(texts=["签到", "信息为空"], pause_s=60.0)
    refused = his.call_v2("1101", visits.person("110101199001011237"))
    assert refused.request_id is not None
    line = his.line(refused.request_id)
    assert (line.result_status, line.infcode, line.attempts) == ("BUSINESS_ERROR", "-1", 1)
    assert "SIGN_IN_FAILED" in his.alerts()
    assert sum(_sign_ins(platform).values()) == 1


def test_a_sign_in_that_his_made_is_used_for_everybody(
    start: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    start()
    content = {
        "opter_no": "0007",
        "mac": "00-00-00-00-00-07",
        "ip": "192.0.2.7",
    }
    platform.sign_in(refuse="")
    platform.simulator.platform.centre.sign_ins._password = ""
    number = his.good("9001", content, opter="0007")["signinoutb"]["sign_no"]
    his.good("1101", visits.person(visits.citizen(1)), opter="0007")
    assert _numbers(platform) == {number}
    his.good("9002", {"sign_no": number, "opter_no": "0007"}, opter="0007")
    his.good("1101", visits.person(visits.citizen(2)), opter="0007")
    assert _sign_ins(platform) == {"0007": 2}
    assert len(_numbers(platform)) == 2


def test_a_node_killed_while_it_signs_in_is_followed_at_once_and_no_number_is_written_down(
    site: Callable[..., dict[str, dict[str, Any]]],
    stack: ExitStack,
    his: HisDesk,
    platform: InsurerPlatform,
    tmp_path: Path,
) -> None:
    nodes = {}
    for node in ("node-a", "node-b"):
        place = tmp_path / f"files-{node}"
        place.mkdir()
        nodes[node] = BridgeProcess(write_settings(place, site(node, timeout_s=30.0)), node)
        stack.callback(nodes[node].end)
    platform.order({"fault": "silence_after", "infno": "9001", "times": 1, "seconds": 60})
    nodes["node-a"].start()
    nodes["node-a"].ready()
    number = his.submit("2201", visits.registration(visits.citizen(1), "OP1"), timeout=60)
    eventually(lambda: platform.messages(infno="9001"), "the sign-in on its way")
    nodes["node-b"].start()
    nodes["node-b"].ready()
    nodes["node-a"].kill()

    assert his.ended(number).result_status == "SUCCESS"
    assert len(platform.messages(infno="9001")) == 2
    assert len(platform.effects(infno="2201")) == 1
    rows = his.sql.execute("SELECT node_id, state, message FROM v_medical_insurance_sign_ins").fetchall()
    assert [(row[0].split("~")[0], row[1]) for row in rows] == [("node-b", "SIGNED_IN")]
    used = _numbers(platform)
    assert len(used) == 1
    assert not any(number in node.output for node in nodes.values() for number in used)
    assert nodes["node-b"].events("signed in")


async def test_daily_jobs_sign_in_too_and_ask_again_when_their_number_ends(
    site: Callable[..., dict[str, dict[str, Any]]], platform: InsurerPlatform
) -> None:
    numbers = itertools.count(int(time.time()) * 10_000)

    async def take_number() -> int:
        return next(numbers)

    async with signed_in(Settings.model_validate(site("node-a")), "cli-test") as desk:
        insurer = JobInsurer(desk.client, take_number, org_code=ORG, first_wait_s=0.01)
        first = await insurer.ask("1101", visits.person(visits.citizen(1)))
        await asyncio.sleep(0.1)  # until it is noted that the number works
        await asyncio.to_thread(partial(platform.sign_in, expire=True))
        second = await insurer.ask("1101", visits.person(visits.citizen(2)))

    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.OK)
    assert _sign_ins(platform) == {"demo": 2}
    assert len(platform.messages(infno="1101")) == 3
