"""Compares what the insurer's ledger says with what the database's views say, request by request, and explains every difference.

What must hold of a request of class M or N when everything has come to rest:

- it ended (COMPLETED, ERROR, TIMEOUT, CANCELLED, REVERSED) or stands in ``v_medical_insurance_uncertain``;
- COMPLETED with infcode 0, and only that, has exactly one standing effect; whatever else has ended has none; what is listed has at
  most one;
- every effect belongs to an attempt on disk, and every request HIS was told of is there, once;
- the messages of one key arrived in the order of their requests;
- a request in parts says success when every part succeeded, and only then; no effect of a part stands where it ended otherwise than
  answered; it is open only while one of its parts is listed.

An effect the *network* made twice (the simulator's fault ``duplicate``: one message of ours, executed twice) is counted apart: no client
can prevent it, and what is proved is that we sent one message.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mi_bridge.store.driver import load_pyodbc

_ENDED = frozenset({"COMPLETED", "ERROR", "TIMEOUT", "CANCELLED", "REVERSED"})
_LISTED = frozenset({"UNCERTAIN", "REVERSING", "MANUAL"})
_NEVER_SENT = frozenset({"TIMEOUT", "CANCELLED"})
_WORDS = {
    "DIVIDED": "PROCESSING",
    "UNCERTAIN": "PROCESSING",
    "REVERSING": "PROCESSING",
    "MANUAL": "PROCESSING",
}
_REVERSAL = "2601"


@dataclass(slots=True)
class Case:
    """One request: its row, its line in HIS's view, its attempts, and its effects at the insurer."""

    request_id: int
    code: str
    money_class: str
    status: str
    order_key: str | None
    seen_status: str
    infcode: str | None
    listed: int
    parent_id: int | None = None
    parts: list[Case] = field(default_factory=list)
    attempts: list[tuple[str, int, str, str | None]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    received: int = 0

    @property
    def standing(self) -> list[dict[str, Any]]:
        """The effects that were not taken back."""
        return [effect for effect in self.effects if effect["state"] == "applied"]

    @property
    def networks_own(self) -> int:
        """Standing effects that one message had more than one of; what 2601 took back of such a pair was ours."""
        made = Counter(effect["msgid"] for effect in self.effects)
        return sum(min(made[msgid] - 1, count) for msgid, count in self._standing_by_message().items())

    def _standing_by_message(self) -> Counter[str]:
        return Counter(effect["msgid"] for effect in self.standing)

    @property
    def standing_by_us(self) -> int:
        """Standing effects, with what the network doubled counted once."""
        return len(self.standing) - self.networks_own

    @property
    def succeeded(self) -> bool:
        """Whether HIS is told that it took effect."""
        return self.status == "COMPLETED" and self.infcode == "0"

    def tell(self) -> str:
        """Return everything known of it, for whoever must understand a difference."""
        head = f"request {self.request_id} ({self.code}, class {self.money_class}): {self.status}"
        lines = [
            f"{head}, HIS sees {self.seen_status} infcode {self.infcode}, listed {self.listed}, received {self.received}"
        ]
        lines += [
            f"  attempt {kind} {msgid} epoch {epoch}: {outcome}"
            for msgid, epoch, kind, outcome in self.attempts
        ]
        lines += [
            f"  effect #{one['effect']} {one['infno']} by {one['msgid']} at {one['time']}: {one['state']}"
            + (f" by {one['ended_by']}" if one["ended_by"] else "")
            for one in self.effects
        ]
        return "\n".join(lines)


@dataclass(slots=True)
class Audit:
    """What came of a comparison."""

    statuses: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    requests: int = 0
    messages: int = 0
    effects: int = 0
    standing: int = 0
    reversals: int = 0
    twice: int = 0
    lost: int = 0
    networks_own: int = 0

    def figures(self) -> str:
        """Return the figures in one line."""
        statuses = ", ".join(f"{status} {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"requests {self.requests} ({statuses}); messages {self.messages}; effects of class M and N {self.effects},"
            f" standing {self.standing}, reversals {self.reversals}; twice {self.twice}, lost {self.lost},"
            f" doubled by the network {self.networks_own}; differences {len(self.findings)}"
        )

    def demand(self) -> None:
        """Fail with every difference explained."""
        assert not self.findings, f"{self.figures()}\n" + "\n".join(self.findings[:20])


def audit(
    database: str,
    ledger: Mapping[str, Any],
    messages: Collection[Mapping[str, Any]],
    accepted: Iterable[int] = (),
    *,
    network_doubles: bool = False,
) -> Audit:
    """Compare.

    Args:
        database: ODBC connection string of somebody who may read everything.
        ledger: what ``GET /_simulator/ledger`` says.
        messages: what ``GET /_simulator/messages`` lists.
        accepted: the requests HIS was told of; every row counts when there are none.
        network_doubles: whether the simulated network delivered messages twice to a platform that takes both.
    """
    cases, owners = _cases(database)
    result = Audit(Counter(case.status for case in cases.values()))
    result.requests, result.messages = len(cases), len(messages)
    _assign_effects(cases, owners, ledger["effects"], result)
    for message in messages:
        owner = owners.get(message["msgid"])
        if owner is not None:
            cases[owner].received += 1
    for number in accepted:
        if number not in cases:
            result.lost += 1
            result.findings.append(f"LOST: HIS was told of request {number}, and there is no such row")
    for case in cases.values():
        _judge(case, result, network_doubles=network_doubles)
    result.findings += _out_of_order(cases, owners, messages)
    return result


def _cases(database: str) -> tuple[dict[int, Case], dict[str, int]]:
    """Return the requests, and whose message each number is."""
    connection = load_pyodbc().connect(database, autocommit=True)
    try:
        rows = connection.execute(
            "SELECT r.request_id, r.interface_code, r.money_class, r.status, r.order_key, coalesce(v.status, w.status),"
            " coalesce(v.infcode, w.infcode), CASE WHEN u.request_id IS NULL THEN 0 ELSE 1 END, r.parent_id"
            " FROM medical_insurance_requests AS r"
            " LEFT JOIN v_medical_insurance_result AS v ON v.request_id = r.request_id"
            " LEFT JOIN v_medical_insurance_parts AS w ON w.part_request_id = r.request_id"
            " LEFT JOIN v_medical_insurance_uncertain AS u ON u.request_id = r.request_id"
        ).fetchall()
        attempts = connection.execute(
            "SELECT request_id, msgid, epoch, kind, outcome FROM medical_insurance_attempts ORDER BY attempt_id"
        ).fetchall()
    finally:
        connection.close()
    cases = {row[0]: Case(*row) for row in rows}
    for case in cases.values():
        if case.parent_id is not None:
            cases[case.parent_id].parts.append(case)
    owners: dict[str, int] = {}
    for request_id, *attempt in attempts:
        cases[request_id].attempts.append(tuple(attempt))
        if attempt[2] == "original":
            owners[attempt[0]] = request_id
    return cases, owners


def _assign_effects(
    cases: dict[int, Case], owners: dict[str, int], effects: Iterable[dict[str, Any]], result: Audit
) -> None:
    ours = {attempt[0] for case in cases.values() for attempt in case.attempts}
    for effect in effects:
        owner = owners.get(effect["msgid"])
        if effect["infno"] == _REVERSAL and effect["msgid"] in ours:
            result.reversals += 1
        elif owner is None:
            result.findings.append(
                f"UNKNOWN: nothing on disk of the message that had this effect: {json.dumps(effect)}"
            )
        elif cases[owner].money_class in "MN":
            cases[owner].effects.append(effect)


def _judge(case: Case, result: Audit, *, network_doubles: bool) -> None:
    result.effects += len(case.effects)
    result.standing += len(case.standing)
    result.networks_own += case.networks_own
    standing = case.standing_by_us if network_doubles else len(case.standing)
    result.twice += max(0, standing - 1)
    result.findings += [f"{fault}: {case.tell()}" for fault in _faults(case, standing)]
    waits = any(part.listed for part in case.parts)
    result.lost += case.status not in _ENDED and not case.listed and not waits


def _faults(case: Case, standing: int) -> Iterable[str]:
    waits_for_a_part = case.status == "DIVIDED" and any(part.listed for part in case.parts)
    if case.status not in _ENDED | _LISTED and not waits_for_a_part:
        yield "NOT AT REST"
    if case.status in _LISTED and not case.listed:
        yield "NOT LISTED"
    if case.seen_status != _WORDS.get(case.status, case.status):
        yield "THE VIEW SAYS OTHERWISE"
    if case.status in _NEVER_SENT and case.received:
        yield "SENT, AND HIS WAS TOLD IT WAS NOT"
    if case.parts:
        yield from _faults_of_the_whole(case)
    elif case.money_class in "MN":
        yield from _faults_of_money(case, standing)


def _faults_of_the_whole(case: Case) -> Iterable[str]:
    if case.attempts:
        yield "SENT WHOLE AND IN PARTS"
    if case.status in _ENDED and any(part.status not in _ENDED for part in case.parts):
        yield "ENDED BEFORE ITS PARTS"
    if case.succeeded != all(part.succeeded for part in case.parts):
        yield "NOT WHAT ITS PARTS SAY"
    if case.status in _ENDED - {"COMPLETED"} and any(part.standing for part in case.parts):
        yield "ENDED WITHOUT AN ANSWER, AND A PART'S EFFECT STANDS"


def _faults_of_money(case: Case, standing: int) -> Iterable[str]:
    if standing > 1:
        yield "TWICE"
    if case.succeeded and standing == 0:
        yield "SUCCESS WITHOUT EFFECT"
    if case.status in _ENDED and not case.succeeded and standing:
        yield "ENDED WITHOUT SUCCESS, AND THE EFFECT STANDS"


def _out_of_order(
    cases: Mapping[int, Case], owners: Mapping[str, int], messages: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Name the keys whose messages came in another order than their requests were queued in."""
    latest: dict[str, int] = defaultdict(int)
    found = []
    for message in messages:
        case = cases.get(owners.get(message["msgid"], 0))
        # a part has its place among the parts, and that of the whole among the patient's requests
        for one in (case, cases.get((case and case.parent_id) or 0)):
            if one is None or one.order_key is None:
                continue
            if one.request_id < latest[one.order_key]:
                found.append(f"OUT OF ORDER after request {latest[one.order_key]}: {one.tell()}")
            latest[one.order_key] = max(latest[one.order_key], one.request_id)
    return found
