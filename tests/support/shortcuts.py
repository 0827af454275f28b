"""The shortcuts that products of this kind take, applied to our own code and SQL one at a time.

Each names the short history that shows what it breaks; the histories themselves are in ``histories``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import histories
from mi_bridge.bridge.delivery import Delivery
from mi_bridge.bridge.resolver import Resolver
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Completion
from mi_bridge.domain.resolution import Proof, Resolution
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.resources import folder
from request_world import World

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Shortcut:
    """One mutation.

    Args:
        name: what is done wrong.
        breaks: what is seen then, a regular expression.
        history: shows what it breaks.
        swaps: lines of routines: routine, ours, theirs.
        patch: changes the bridge's own code.
    """

    name: str
    breaks: str
    history: Callable[[World], None]
    swaps: tuple[tuple[str, str, str], ...] = ()
    patch: Patch = lambda _: None

    def scripts(self) -> list[str]:
        """Return the mutated routines.

        Raises:
            AssertionError: a line is not there exactly once; the shortcut must follow the routine.
        """
        texts: dict[str, str] = {}
        for routine, ours, theirs in self.swaps:
            file = folder("sql") / "postgresql" / "routines" / f"{routine}.sql"
            text = texts.setdefault(routine, file.read_text("utf-8"))
            assert text.count(ours) == 1, f"{routine}: {text.count(ours)} × {ours}"
            texts[routine] = text.replace(ours, theirs)
        return list(texts.values())


def _retry_on_timeout(patch: pytest.MonkeyPatch) -> None:
    def again(judge: Judge, request: Any, attempt: Any) -> Completion:
        if attempt.outcome.definitive:
            return Completion(request.lease, Status.COMPLETED, attempt)
        return Completion(request.lease, Status.PENDING, attempt)

    patch.setattr(Judge, "decide", again)


def _msgid_only_with_the_answer(patch: pytest.MonkeyPatch) -> None:
    async def deliver(delivery: Delivery, request: Any, claimed_at: float) -> Completion:
        message = await delivery._prepared(request)
        attempt = await delivery._send(message, claimed_at + delivery._lease_s)
        return delivery._judge.decide(request, attempt)

    patch.setattr(Delivery, "deliver", deliver)


def _believe_absence_at_once(patch: pytest.MonkeyPatch) -> None:
    believing = Resolution.after_reversal

    def believe(resolution: Resolution, request: Any, attempt: Any, proof: Proof) -> Any:
        told = Proof.UNDONE if proof is Proof.NO_ORIGINAL else proof
        return believing(resolution, request, attempt, told)

    patch.setattr(Resolution, "after_reversal", believe)


def _disregard_quiet(patch: pytest.MonkeyPatch) -> None:
    patient = Resolution.after_reversal

    def believe(resolution: Resolution, request: Any, attempt: Any, proof: Proof) -> Any:
        return patient(resolution, dataclasses.replace(request, quiet_ms=0), attempt, proof)

    patch.setattr(Resolution, "after_reversal", believe)


def _reverse_without_intent(patch: pytest.MonkeyPatch) -> None:
    async def unwritten(*_: Any) -> bool:
        return True

    patch.setattr(Resolver, "_begin", unwritten)


def _any_refusal_is_success(patch: pytest.MonkeyPatch) -> None:
    strict = Resolution.after_reversal

    def believe(resolution: Resolution, request: Any, attempt: Any, proof: Proof) -> Any:
        told = Proof.UNDONE if attempt.outcome is Outcome.UNKNOWN else proof
        return strict(resolution, request, attempt, told)

    patch.setattr(Resolution, "after_reversal", believe)


def _send_late(patch: pytest.MonkeyPatch) -> None:
    """A1 dropped: a process that was stopped sends whenever it wakes."""
    timely = Delivery._send
    patch.setattr(Delivery, "_send", lambda delivery, message, _: timely(delivery, message, math.inf))


_GIVE_UP_PROOF = "WHEN l.status IN ('PENDING', 'ERROR') THEN l.outcome IN ('NOT_SENT', 'GATEWAY_REFUSED', 'BUSY', 'NOT_SIGNED_IN')"
_NEVER_REVERSED = (
    "AND NOT EXISTS (\n"
    "                SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.request_id = l.request_id"
    " AND a.kind = 'reversal')"
)
_LOOKED_AFTER_REVERSAL = (
    "AND NOT EXISTS (\n"
    "                   SELECT 1 FROM public.medical_insurance_attempts AS a WHERE a.request_id = r.request_id"
    " AND a.kind = 'reversal'))"
)

SHORTCUTS = (
    Shortcut(
        "retry on timeout: the bridge",
        "refused PENDING of SENDING",
        histories.lost_answer,
        patch=_retry_on_timeout,
    ),
    Shortcut(
        "retry on timeout: the database lets it",
        "P2",
        histories.lost_answer,
        swaps=(("sp_mi_finish", _GIVE_UP_PROOF, "WHEN l.status IN ('PENDING', 'ERROR') THEN true"),),
        patch=_retry_on_timeout,
    ),
    Shortcut(
        "rescue makes running rows runnable",
        "P2",
        histories.dead_worker,
        swaps=(
            (
                "sp_mi_rescue",
                "WHEN r.status = 'SENDING' AND r.money_class IN ('M', 'N') THEN 'UNCERTAIN'",
                "WHEN false THEN 'UNCERTAIN'",
            ),
        ),
    ),
    Shortcut(
        "msgid only with the answer: the bridge",
        "before its intent",
        histories.dead_worker,
        patch=_msgid_only_with_the_answer,
    ),
    Shortcut(
        "msgid only with the answer: the database",
        "before its intent",
        histories.dead_worker,
        swaps=(
            (
                "sp_mi_begin_send",
                "JOIN sending AS s ON s.request_id = i.request_id",
                "JOIN sending AS s ON s.request_id = -i.request_id",
            ),
        ),
    ),
    Shortcut(
        "no such original believed at once: the bridge",
        "P3: .* REVERSED",
        histories.slow_original,
        patch=_believe_absence_at_once,
    ),
    Shortcut(
        "no such original asked of the database too early",
        "refused REVERSED of REVERSING",
        histories.slow_original,
        patch=_disregard_quiet,
    ),
    Shortcut(
        "no such original believed at once: the database lets it",
        "P3: .* REVERSED",
        histories.slow_original,
        swaps=(("sp_mi_finish_step", "OR r.quiet_until <= v_now", "OR true"),),
        patch=_disregard_quiet,
    ),
    Shortcut(
        "a lost reversal taken for success",
        "P3: .* REVERSED",
        histories.lost_reversal,
        patch=_any_refusal_is_success,
    ),
    Shortcut(
        "reversal without intent: the bridge",
        "before its intent",
        histories.late_answer,
        patch=_reverse_without_intent,
    ),
    Shortcut(
        "reversal without intent: the database",
        "is UNCERTAIN, not REVERSING",
        histories.late_answer,
        swaps=(
            (
                "sp_mi_begin_step",
                "SET status = CASE WHEN l.kind = 'reversal' THEN 'REVERSING' ELSE r.status END",
                "SET status = r.status",
            ),
        ),
    ),
    Shortcut(
        "a late answer wins over a reversal",
        "P3: .* COMPLETED",
        histories.late_answer,
        swaps=(
            (
                "sp_mi_finish",
                "AND r.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN')",
                "AND r.status IN ('CLAIMED', 'SENDING', 'UNCERTAIN', 'REVERSING')",
            ),
        ),
    ),
    Shortcut(
        "a late answer wins after a person's retry",
        "P3: .* COMPLETED",
        histories.late_answer_after_retry,
        swaps=(("sp_mi_finish", _NEVER_REVERSED, ""),),
    ),
    Shortcut(
        "an inquiry wins after a person's retry",
        "P3: .* COMPLETED",
        histories.inquiry_after_retry,
        swaps=(("sp_mi_finish_step", _LOOKED_AFTER_REVERSAL, ")"),),
    ),
    Shortcut(
        "a repeated write undoes a person's decision",
        "is MANUAL, not UNCERTAIN",
        histories.repeated_step,
        swaps=(("sp_mi_finish_step", "AND r.lease_until IS NOT NULL", ""),),
    ),
    Shortcut(
        "a person believes an absence at once",
        "P3: .* REVERSED",
        histories.hasty_person,
        swaps=(
            ("sp_medical_insurance_resolve", "v_decision = 'NOT_EFFECTIVE' AND v_quiet > v_now", "false"),
        ),
    ),
    Shortcut(
        "no fencing token: intents",
        "an older epoch",
        histories.stale_intent,
        swaps=(
            (
                "sp_mi_begin_send",
                "JOIN items AS i ON i.request_id = r.request_id AND i.epoch = r.epoch",
                "JOIN items AS i ON i.request_id = r.request_id",
            ),
        ),
    ),
    Shortcut(
        "no fencing token: answers",
        "P2",
        histories.stale_answer,
        swaps=(
            (
                "sp_mi_finish",
                "ON r.request_id = i.request_id AND r.epoch = i.epoch",
                "ON r.request_id = i.request_id",
            ),
            (
                "sp_mi_finish",
                "AND r.request_id = l.request_id AND r.epoch = l.epoch",
                "AND r.request_id = l.request_id",
            ),
        ),
    ),
    Shortcut(
        "no fencing token: steps",
        "an older epoch",
        histories.stale_step,
        swaps=(("sp_mi_begin_step", "AND i.resolve_epoch = r.resolve_epoch", ""),),
    ),
    Shortcut(
        "no fencing token: what steps proved",
        "refused REVERSED of REVERSING",
        histories.stale_proof,
        swaps=(("sp_mi_finish_step", "AND i.resolve_epoch = r.resolve_epoch", ""),),
    ),
    Shortcut(
        "A1 dropped: a stopped process sends when it wakes",
        "P3: .* REVERSED",
        histories.stopped_process,
        patch=_send_late,
    ),
)
