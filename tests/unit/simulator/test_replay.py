"""Sample answers from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mi_bridge.simulator import SimulatorConfig
from mi_bridge.simulator.replay import HEADER, Replay


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (1, 2, 10):
        (tmp_path / f"1101-response-{number}.json").write_text(f'{{"n":{number},}}', encoding="utf-8")
    (tmp_path / "2203A-response-1.json").write_text("half", encoding="utf-8")
    (tmp_path / "gateway401-response-1.json").write_text('{"code":401}', encoding="utf-8")
    (tmp_path / "1101-request-1.json").write_text("{}", encoding="utf-8")
    return tmp_path


def _next(replay: Replay, infno: str = "1101", wanted: str = "") -> str | None:
    found = replay.answer(infno, wanted)
    return None if found is None else found[1].decode()


def test_the_answers_follow_each_other(folder: Path) -> None:
    replay = Replay(folder)

    assert [_next(replay) for _ in range(4)] == ['{"n":1,}', '{"n":2,}', '{"n":10,}', '{"n":1,}']
    assert replay.numbers("1101") == [1, 2, 10]
    assert _next(replay, "2203A") == "half"
    assert _next(replay, "2207") is None


def test_an_answer_is_chosen_for_one_message_or_for_all(folder: Path) -> None:
    replay = Replay(folder)

    assert _next(replay, wanted="10") == '{"n":10,}'
    assert _next(replay, wanted="3") is None
    assert replay.fix("1101", "2")
    assert [_next(replay), _next(replay), _next(replay, wanted="1")] == ['{"n":2,}', '{"n":2,}', '{"n":1,}']
    assert not replay.fix("1101", "7")
    assert replay.fix("1101", "")
    assert _next(replay) == '{"n":1,}'
    replay.reset()
    assert _next(replay) == '{"n":1,}'


def test_a_gateways_answer_comes_with_its_status(folder: Path) -> None:
    assert Replay(folder).answer("1101", "gateway401-response-1.json") == (401, b'{"code":401}')


async def test_samples_are_served_byte_for_byte(start: Any, folder: Path) -> None:
    hospital = await start(mode="replay", replay_folder=folder)

    first = await hospital.ask_person()
    hospital.http.headers[HEADER] = "10"
    chosen = await hospital.ask_person()
    hospital.http.headers[HEADER] = "gateway401-response-1.json"
    turned_away = await hospital.ask_person()

    assert [first.content, chosen.content] == [b'{"n":1,}', b'{"n":10,}']
    assert (turned_away.status_code, turned_away.content) == (401, b'{"code":401}')


async def test_a_transaction_without_samples_is_unknown(start: Any, folder: Path) -> None:
    hospital = await start(mode="replay", replay_folder=folder)

    assert "未知交易编号" in (await hospital.post("2207", {})).json()["err_msg"]


async def test_samples_are_fixed_over_http_and_forgotten_at_a_reset(start: Any, folder: Path) -> None:
    hospital = await start(mode="replay", replay_folder=folder)

    ordered = await hospital.http.post("/_simulator/replay", json={"infno": "1101", "n": 2})
    answers = [(await hospital.ask_person()).content for _ in range(2)]
    missing = await hospital.http.post("/_simulator/replay", json={"infno": "1101", "n": 7})
    await hospital.http.post(
        "/_simulator/replay", json={"infno": "1101", "file": "gateway401-response-1.json"}
    )
    turned_away = (await hospital.ask_person()).status_code
    await hospital.http.post("/_simulator/reset")

    assert ordered.json() == {"infno": "1101", "answers": [1, 2, 10], "fixed": "2"}
    assert answers == [b'{"n":2,}'] * 2
    assert missing.status_code == 400
    assert turned_away == 401
    assert (await hospital.ask_person()).content == b'{"n":1,}'
    assert "1101-response-1.json" in (await hospital.http.get("/_simulator/health")).json()["replay_files"]


async def test_a_replay_can_be_unfixed_and_slow(start: Any, folder: Path) -> None:
    hospital = await start(mode="replay", replay_folder=folder, faults=[{"fault": "latency", "ms": 1}])
    await hospital.http.post("/_simulator/replay", json={"infno": "1101", "n": 10})

    await hospital.http.post("/_simulator/replay", json={"infno": "1101"})

    assert (await hospital.ask_person()).content == b'{"n":1,}'


@pytest.mark.parametrize("folder_name", [None, "missing"])
def test_a_replay_needs_its_folder(tmp_path: Path, folder_name: str | None) -> None:
    folder = tmp_path / folder_name if folder_name else None

    with pytest.raises(ValidationError, match="needs replay_folder"):
        SimulatorConfig(mode="replay", replay_folder=folder)
