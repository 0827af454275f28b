from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mi_bridge.bridge.rules_watch import RulesWatch
from mi_bridge.errors import StoreUnavailable
from mi_bridge.insurer.rules.rule_book import RuleBook

_GOOD = '[[rule]]\nid = "own"\nmessage = "m"\nin = "data"\nfields = ["psn_no"]\npresent = true\n'
_HEAD = 'interfaces = ["1101"]\n'


class Desk:
    """Notes what is reported; away while told so."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.told: list[tuple[str, str]] = []
        self.away = False
        self.book = RuleBook(place)
        self.watch = RulesWatch(self.book)

    async def turn(self) -> None:
        await self.watch.turn(self.condition)

    async def condition(self, kind: str, message: str) -> None:
        if self.away:
            raise StoreUnavailable("gone")
        self.told.append((kind, message))

    def write(self, text: str) -> None:
        file = self.place / "own.toml"
        before = file.stat().st_mtime_ns if file.exists() else 0
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(before + 10**9, before + 10**9))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    place = tmp_path / "rules"
    place.mkdir()
    return Desk(place)


async def test_a_broken_file_is_told_once_and_its_mending_too(desk: Desk) -> None:
    desk.write(_HEAD + _GOOD)
    await desk.turn()
    await desk.turn()
    assert desk.told == [("RULES_REFUSED", "")]
    desk.write(_HEAD + _GOOD + "colour = 1\n")
    with capture_logs() as lines:
        await desk.turn()
        await desk.turn()
    ((_, message),) = desk.told[1:]
    assert message.startswith("质控规则文件有误，未载入，原规则继续有效：")
    assert "own.toml: rule own.colour: is no key" in message
    assert [line["event"] for line in lines] == ["rules loaded", "rules refused; what was in force goes on"]
    assert len(desk.book.rules_of("1101")) == 1
    desk.write(_HEAD + _GOOD)
    await desk.turn()
    assert desk.told[2:] == [("RULES_REFUSED", "")]


async def test_what_a_message_read_before_the_first_turn_is_told_too(desk: Desk) -> None:
    desk.write("interfaces = [")
    assert desk.book.rules_of("1101") == ()
    await desk.turn()
    assert "is not TOML" in desk.told[0][1]


async def test_a_folder_that_is_gone(desk: Desk) -> None:
    desk.place.rmdir()
    await desk.turn()
    assert "cannot be read" in desk.told[0][1]


async def test_an_alert_the_database_did_not_take_is_told_again(desk: Desk) -> None:
    desk.write("interfaces = [")
    desk.away = True
    with pytest.raises(StoreUnavailable):
        await desk.turn()
    desk.away = False
    await desk.turn()
    assert len(desk.told) == 1
