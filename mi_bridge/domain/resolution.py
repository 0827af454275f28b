"""How an uncertain request becomes certain, step by step (design, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepResult, UncertainRequest

MANUAL_CODE = -1009
REVERSED_CODE = -1004
_ASK_AGAIN_MS = 10_000
_LONGEST_WAIT_MS = 30_000


class Step(StrEnum):
    """What to do next for an uncertain request."""

    INQUIRE = "INQUIRE"
    REVERSE = "REVERSE"
    PERSON = "PERSON"


class Proof(StrEnum):
    """What a step's answer proves."""

    EFFECT = "EFFECT"
    """An inquiry found exactly this transaction's effect."""
    NO_EFFECT_SEEN = "NO_EFFECT_SEEN"
    """An inquiry found none; it may still come, or hide."""
    UNDONE = "UNDONE"
    """Nothing is left standing."""
    NO_ORIGINAL = "NO_ORIGINAL"
    """The platform knows no such original."""
    OTHER = "OTHER"
    """A definite refusal for another reason."""
    NOTHING = "NOTHING"
    """The answer was lost or cannot be read."""


_SEEN_ZH = {Proof.NO_EFFECT_SEEN: "查询没有找到该交易", Proof.NOTHING: "查询没有得到有效应答"}


@dataclass(frozen=True, slots=True)
class Resolution:
    """Decides the next step, and what a step's proof makes of the request.

    Args:
        most_tries: reversals that may have arrived, until a person is asked.
        backoff: the waits between tries.
    """

    most_tries: int = 6
    backoff: Backoff = field(default_factory=lambda: Backoff(base_seconds=2.0, cap_seconds=120.0))

    def next_step(self, request: UncertainRequest, *, inquiry: bool) -> Step:
        """Tell what to do.

        Args:
            request: as leased.
            inquiry: whether an inquiry can decide this one, and has not been asked in this turn.
        """
        reversible = request.money_class is MoneyClass.MONEY and bool(request.reversed_by)
        if request.status is Status.UNCERTAIN and inquiry:
            return Step.INQUIRE
        if reversible and request.resolve_tries < self.most_tries:
            return Step.REVERSE
        return Step.PERSON

    def after_inquiry(self, request: UncertainRequest, attempt: Attempt, proof: Proof) -> StepResult | None:
        """Tell what an inquiry makes of the request; None when the next step follows at once."""
        if proof is Proof.EFFECT:
            return self._result(request, Status.COMPLETED, attempt)
        if attempt.outcome.proves_not_executed:
            # nobody was asked: a reversal would fare no better, and would close the way to success
            return self._result(request, Status.UNCERTAIN, attempt, delay_ms=_ASK_AGAIN_MS)
        if self.next_step(request, inquiry=False) is Step.REVERSE:
            return None
        if request.quiet_ms > 0:
            # an effect may still come: ask again when it no longer can
            return self._result(
                request, Status.UNCERTAIN, attempt, delay_ms=min(request.quiet_ms, _LONGEST_WAIT_MS)
            )
        return self.to_person(request, f"{_SEEN_ZH[proof]}，且无法冲正，等待人工核实", attempt)

    def after_reversal(self, request: UncertainRequest, attempt: Attempt, proof: Proof) -> StepResult:
        """Tell what a reversal makes of the request."""
        if proof is Proof.UNDONE or (proof is Proof.NO_ORIGINAL and request.quiet_ms == 0):
            return self._reversed(request, attempt, needs_quiet=proof is Proof.NO_ORIGINAL)
        if proof is Proof.NO_ORIGINAL:
            return self._result(request, Status.REVERSING, attempt, delay_ms=request.quiet_ms + 1000)
        tries = request.resolve_tries + 1
        if tries >= self.most_tries and not attempt.outcome.proves_not_executed:
            return self.to_person(request, f"冲正 {tries} 次仍无定论，等待人工核实", attempt)
        return self._result(
            request, Status.REVERSING, attempt, delay_ms=int(self.backoff.delay(tries) * 1000)
        )

    def to_person(self, request: UncertainRequest, reason: str, attempt: Attempt | None = None) -> StepResult:
        """Hand the request to a person."""
        message = f"{reason}：请勿重新提交，请联系医保办"
        return StepResult(
            request.request_id,
            request.resolve_epoch,
            Status.MANUAL,
            attempt,
            error_code=MANUAL_CODE,
            error_message=message,
        )

    def _reversed(self, request: UncertainRequest, attempt: Attempt, *, needs_quiet: bool) -> StepResult:
        return StepResult(
            request.request_id,
            request.resolve_epoch,
            Status.REVERSED,
            attempt,
            needs_quiet=needs_quiet,
            error_code=REVERSED_CODE,
            error_message="结果曾不确定，已冲正：医保端没有生效，可以重新提交",
        )

    def _result(
        self, request: UncertainRequest, status: Status, attempt: Attempt, *, delay_ms: int = 0
    ) -> StepResult:
        return StepResult(request.request_id, request.resolve_epoch, status, attempt, delay_ms=delay_ms)
