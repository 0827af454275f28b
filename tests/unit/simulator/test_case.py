"""Every fault, seen from the client's end of a real connection and from the ledger."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

_OK = 200


async def _executions(hospital: Any, infno: str) -> int:
    answer = await hospital.http.get("/_simulator/messages", params={"infno": infno})
    return sum(one["executions"] for one in answer.json()["messages"])


@pytest.mark.parametrize(
    ("fault", "acted", "exception"),
    [
        ("reset_before", 0, httpx.ReadError),
        ("reset_after", 1, httpx.ReadError),
        ("half_answer", 1, httpx.RemoteProtocolError),
    ],
)
async def test_a_broken_connection_says_nothing_of_what_was_done(
    start: Any, fault: str, acted: int, exception: type[Exception]
) -> None:
    hospital = await start()
    await hospital.order({"fault": fault, "infno": "2201", "times": 1})

    with pytest.raises(exception):
        await hospital.register()

    assert len(await hospital.effects("2201")) == acted
    assert (await hospital.register()).json()["infcode"] == 0


@pytest.mark.parametrize(("fault", "acted"), [("silence_before", 0), ("silence_after", 1)])
async def test_silence_says_nothing_either(start: Any, fault: str, acted: int) -> None:
    hospital = await start()
    await hospital.order({"fault": fault, "infno": "2201"})
    hospital.http.timeout = httpx.Timeout(0.2)

    with pytest.raises(httpx.ReadTimeout):
        await hospital.register()

    assert len(await hospital.effects("2201")) == acted


async def test_silence_ends_in_a_reset(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "silence_after", "infno": "2201", "seconds": 0.05})

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await hospital.register()

    assert len(await hospital.effects("2201")) == 1


@pytest.mark.parametrize(
    ("rule", "status", "acted"),
    [
        ({"fault": "error_before"}, 503, 0),
        ({"fault": "error_before", "status": 500}, 500, 0),
        ({"fault": "error_after"}, 502, 1),
    ],
)
async def test_a_gateways_error_page(start: Any, rule: dict[str, Any], status: int, acted: int) -> None:
    hospital = await start()
    await hospital.order({**rule, "infno": "2201"})

    answer = await hospital.register()

    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert len(await hospital.effects("2201")) == acted


async def test_the_gateways_401_is_not_executed(start: Any) -> None:
    hospital = await start(gateway_status=200)
    await hospital.order({"fault": "unauthorised"})

    answer = await hospital.register()

    assert (answer.status_code, answer.json()) == (200, {"code": 401, "message": "签名不一致!"})
    assert await _executions(hospital, "2201") == 0


@pytest.mark.parametrize(
    ("infno", "words"), [("2601", "冲正正在进行，请稍后处理"), ("1101", "该业务正在进行，请稍后处理")]
)
async def test_busy_is_definite_and_not_executed(start: Any, infno: str, words: str) -> None:
    hospital = await start()
    await hospital.order({"fault": "busy"})

    answer = (await hospital.post(infno, {})).json()

    assert (answer["infcode"], answer["err_msg"]) == (-1, words)
    assert await _executions(hospital, infno) == 0


@pytest.mark.parametrize(("wanted", "infcode"), [("first", 0), ("second", -1)])
async def test_a_duplicated_message_is_worked_on_twice(start: Any, wanted: str, infcode: int) -> None:
    hospital = await start(duplicate_msgid="refuse")
    await hospital.order({"fault": "duplicate", "infno": "2201", "answer": wanted})

    answer = await hospital.register()

    assert answer.json()["infcode"] == infcode
    assert await _executions(hospital, "2201") == 2
    assert len(await hospital.effects("2201")) == 1


async def test_a_duplicated_message_acts_twice_where_numbers_do_not_matter(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "duplicate", "infno": "2201"})

    await hospital.register()

    effects = await hospital.effects("2201")
    assert len(effects) == 2
    assert len({one["msgid"] for one in effects}) == 1


@pytest.mark.parametrize("rule", [{"fault": "act_late", "seconds": 0.3}, {"fault": "latency", "ms": 300}])
async def test_work_goes_on_after_the_client_has_given_up(
    start: Any, eventually: Any, rule: dict[str, Any]
) -> None:
    hospital = await start()
    await hospital.order({**rule, "infno": "2201"})
    hospital.http.timeout = httpx.Timeout(0.05)

    with pytest.raises(httpx.ReadTimeout):
        await hospital.register()
    await hospital.http.aclose()
    assert len(hospital.simulator.ledger.effects) == 0

    async def acted() -> bool:
        return bool(hospital.simulator.ledger.effects)

    await eventually(acted)
    assert [one.infno for one in hospital.simulator.ledger.effects] == ["2201"]


async def test_late_work_belongs_to_the_time_before_a_reset(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "act_late", "seconds": 0.2, "infno": "2201"})
    late = asyncio.create_task(hospital.register())
    await asyncio.sleep(0.05)

    await hospital.http.post("/_simulator/reset")

    assert (await late).json()["infcode"] == 0
    assert await hospital.effects("2201") == []


async def test_a_dripping_answer_is_whole_in_the_end(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "dripping", "chunk_bytes": 50, "interval_ms": 1})

    answer = await hospital.ask_person()

    assert answer.json()["output"]["baseinfo"]["psn_no"] == "990101198001016571"


async def test_a_client_that_leaves_a_dripping_answer_does_no_harm(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "dripping", "chunk_bytes": 1, "interval_ms": 10, "times": 1})

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await hospital.ask_person()

    assert (await hospital.ask_person()).json()["infcode"] == 0


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ({"fault": "empty_body"}, b""),
        (
            {"fault": "html_body"},
            b"<html><head><title>200</title></head><body><h1>200</h1><hr>gateway</body></html>",
        ),
    ],
)
@pytest.mark.parametrize("acts", [True, False])
async def test_a_body_without_an_answer(start: Any, rule: dict[str, Any], body: bytes, acts: bool) -> None:
    hospital = await start()
    await hospital.order({**rule, "acts": acts, "infno": "2201"})

    answer = await hospital.register()

    assert (answer.status_code, answer.content) == (_OK, body)
    assert len(await hospital.effects("2201")) == acts


@pytest.mark.parametrize("acts", [True, False])
async def test_the_frameworks_exception_has_no_infcode(start: Any, acts: bool) -> None:
    hospital = await start()
    await hospital.order({"fault": "hsaf_error", "acts": acts, "infno": "2201"})

    answer = (await hospital.register()).json()

    assert (answer["code"], answer["type"]) == (-1, "error")
    assert "异常流水号" in answer["message"]
    assert len(await hospital.effects("2201")) == acts


async def test_a_trailing_comma_is_no_json(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "trailing_comma"})

    answer = await hospital.ask_person()

    assert answer.content.endswith(b",}")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_gbk_is_said_to_be_gbk(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "gbk"})

    answer = await hospital.post("1101", {"data": {"psn_no": "1"}})

    assert answer.headers["content-type"] == "application/json; charset=GBK"
    assert "该参保人的基本信息为空" in answer.content.decode("gb18030")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            "zero_with_error",
            {"infcode": "0", "err_msg": "FSI-文件查询号不能为空[fileBO_156]", "output": None},
        ),
        ("success_text", {"infcode": 0, "err_msg": "success"}),
        ("text_infcode", {"infcode": "0", "err_msg": None}),
    ],
)
async def test_answers_that_live_platforms_really_gave(
    start: Any, fault: str, expected: dict[str, Any]
) -> None:
    hospital = await start()
    await hospital.order({"fault": fault})

    answer = (await hospital.ask_person()).json()

    assert {name: answer[name] for name in expected} == expected


async def test_an_answer_can_lack_its_output(start: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "no_output"})

    answer = (await hospital.ask_person()).json()

    assert answer["infcode"] == 0
    assert "output" not in answer


async def test_the_ledger_names_the_fault_a_message_met(start: Any) -> None:
    hospital = await start(faults=[{"fault": "text_infcode", "infno": "1101"}])

    await hospital.ask_person()

    messages = (await hospital.http.get("/_simulator/messages")).json()["messages"]
    assert [(one["fault"], one["answers"]) for one in messages] == [("text_infcode", ["OK"])]
