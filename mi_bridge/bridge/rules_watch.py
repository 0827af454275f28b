"""Keeps the quality rules up to date: reads what changed, and says what was refused."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from mi_bridge.bridge.condition import Condition, Report
from mi_bridge.errors import RuleError
from mi_bridge.insurer.rules.rule_book import Reading, RuleBook

_log: Any = structlog.get_logger()
REFUSED_CONDITION = "RULES_REFUSED"
RULES_EVERY_S = 10.0


class RulesWatch:
    """Looks at the rules' folder now and then.

    Args:
        book: holds the rules in force.
    """

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._seen: Reading | None = None
        self._refused = Condition(REFUSED_CONDITION)

    async def turn(self, report: Report) -> None:
        """Take over the files that changed; a broken one keeps the rules it had, and an alert says so.

        Args:
            report: tells the database.

        Raises:
            StoreError: the database did not take the alert; the next turn reports it again.
        """
        try:
            await asyncio.to_thread(self._book.look)
        except RuleError as fault:
            await self._tell(report, f"{fault.key}: {fault.fault}")
            return
        reading = self._book.reading
        if reading is not self._seen:
            self._seen = reading
            _log.info("rules loaded", rules=reading.rules, files=reading.files)
        await self._tell(report, _faults(reading))

    async def _tell(self, report: Report, faults: str) -> None:
        message = f"质控规则文件有误，未载入，原规则继续有效：{faults}" if faults else ""
        if faults and self._refused.is_news(message):
            _log.error("rules refused; what was in force goes on", faults=faults)
        await self._refused.tell(report, message)


def _faults(reading: Reading) -> str:
    return "；".join(f"{fault.key}: {fault.fault}" for fault in reading.refused.values())
