"""What is to become of a request after one attempt (design, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion
from mi_bridge.domain.status import Status

PROCESSING_FAILED = -1004
UNCERTAIN = -1009

_FAILURE_ZH = {
    Outcome.NOT_SENT: "未能连接医保平台，请求没有发送",
    Outcome.GATEWAY_REFUSED: "医保网关拒绝，请求没有执行",
    Outcome.BUSY: "医保平台正忙，请求没有执行",
    Outcome.UNKNOWN: "没有得到医保平台的有效应答",
}


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides by outcome, money class and the tries that are left; guesses nothing.

    Args:
        backoff: the waits between tries.
        quiet_s: after so many seconds a message can no longer take effect (a site's setting).
        grace_s: so long a resolution leaves a late answer to come, in seconds.
    """

    backoff: Backoff = field(default_factory=Backoff)
    quiet_s: float = 300.0
    grace_s: float = 2.0

    def decide(self, request: ClaimedRequest, attempt: Attempt) -> Completion:
        """Return what becomes of the request."""
        if attempt.outcome.definitive:
            return Completion(request.lease, Status.COMPLETED, attempt)
        if attempt.outcome is Outcome.NOT_SIGNED_IN:
            return self._again_or_refused(request, attempt)
        if attempt.outcome.proves_not_executed:
            return self._again_or_give_up(request, attempt)
        if not MoneyClass(request.money_class).resendable:
            return self._uncertain(request, attempt)
        if attempt.outcome is Outcome.SUSPICIOUS:
            return Completion(request.lease, Status.COMPLETED, attempt)
        return self._again_or_give_up(request, attempt)

    def _again_or_refused(self, request: ClaimedRequest, attempt: Attempt) -> Completion:
        """Send again at once, with a newer sign-in; when no try is left, the platform's refusal is the answer."""
        if request.tries < request.max_retry_count:
            return Completion(request.lease, Status.PENDING, attempt)
        return Completion(request.lease, Status.COMPLETED, replace(attempt, outcome=Outcome.REFUSED))

    def _again_or_give_up(self, request: ClaimedRequest, attempt: Attempt) -> Completion:
        tries = request.tries + 1
        if tries <= request.max_retry_count:
            delay_ms = int(self.backoff.delay(tries) * 1000)
            return Completion(request.lease, Status.PENDING, attempt, delay_ms=delay_ms)
        message = f"{_FAILURE_ZH[attempt.outcome]}（已尝试 {tries} 次）：可以重新提交"
        return Completion(
            request.lease, Status.ERROR, attempt, error_code=PROCESSING_FAILED, error_message=message
        )

    def _uncertain(self, request: ClaimedRequest, attempt: Attempt) -> Completion:
        message = "结果不确定，系统正在核实：请勿重新提交"
        return Completion(
            request.lease,
            Status.UNCERTAIN,
            attempt,
            delay_ms=int(self.grace_s * 1000),
            quiet_ms=int(self.quiet_s * 1000),
            error_code=UNCERTAIN,
            error_message=message,
        )
