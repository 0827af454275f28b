"""Keeps the quality rules up to date: reads what changed, and says what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from mi_bridge.errors import RuleError
from mi_bridge.insurer.rules.rule_book import Reading, RuleBook

_log: Any = structlog.get_logger()
REFUSED_CONDITION = "RULES_REFUSED"
RULES_EVERY_S = 10.0


class RulesWatch:
    """Looks at the rules' folder now and then.

    Args:
        book: holds the rules in force.
        condition: reports a lasting condition, or its end with an empty message.
    """

    def __init__(self, book: RuleBook, condition: Callable[[str, str], Awaitable[None]]) -> None:
        self._book = book
        self._condition = condition
        self._seen: Reading | None = None
        self._told: str | None = None

    async def turn(self) -> None:
        """Take over the files that changed; a broken one keeps the rules it had, and an alert says so.

        Raises:
            StoreError: the database did not take the alert; the next turn reports it again.
        """
        try:
            await asyncio.to_thread(self._book.look)
        except RuleError as fault:
            await self._tell(f"{fault.key}: {fault.fault}")
            return
        reading = self._book.reading
        if reading is not self._seen:
            self._seen = reading
            _log.info("rules loaded", rules=reading.rules, files=reading.files)
        await self._tell(_faults(reading))

    async def _tell(self, faults: str) -> None:
        if faults == self._told:
            return
        if faults:
            _log.error("rules refused; what was in force goes on", faults=faults)
        message = f"质控规则文件有误，未载入，原规则继续有效：{faults}" if faults else ""
        await self._condition(REFUSED_CONDITION, message)
        self._told = faults


def _faults(reading: Reading) -> str:
    return "；".join(f"{fault.key}: {fault.fault}" for fault in reading.refused.values())
