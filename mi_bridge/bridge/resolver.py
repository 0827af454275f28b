"""Makes uncertain requests certain, one leased step at a time.

The order is the design's: a late answer wins by itself (the recorder takes it while the row is UNCERTAIN); then an inquiry, where
one can decide; then 2601 with the original's number; else a person. Each step's intent is on disk before its first byte, and a
reversal's intent closes the way to success for good.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from mi_bridge.domain.request import Attempt
from mi_bridge.domain.resolution import Proof, Resolution, Step
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult, UncertainRequest
from mi_bridge.errors import RequestRefused, StoreError
from mi_bridge.store.port import Store
from mi_bridge.traffic.route import Message
from mi_bridge.traffic.undoing import Undoing

_log: Any = structlog.get_logger()
Result = TypeVar("Result")
_CAPACITY = 20


class Resolver:
    """Works off what is due, on a thread and a connection of its own.

    Args:
        store: of that thread.
        node_id: who holds the leases.
        undoing: makes and sends the messages.
        resolution: decides.
        lease_s: how long a step may take, seconds; longer than a call's deadline.
        clock: monotonic seconds, the one the transport checks.
    """

    def __init__(
        self,
        store: Store,
        node_id: str,
        undoing: Undoing,
        resolution: Resolution,
        *,
        lease_s: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._node_id = node_id
        self._undoing = undoing
        self._resolution = resolution
        self._lease_s = lease_s
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="resolver")
        self._steps: set[asyncio.Task[None]] = set()

    async def turn(self) -> int:
        """Take one step for everything that is due; return how many requests that was.

        Raises:
            StoreError: the database stayed away.
        """
        leased_at = self._clock()
        requests = await self._off_loop(
            lambda: self._store.claim_uncertain(self._node_id, _CAPACITY, self._lease_s)
        )
        for request in requests:
            task = asyncio.create_task(self._survive(request, leased_at + self._lease_s))
            self._steps.add(task)
            task.add_done_callback(self._steps.discard)
        return len(requests)

    async def stop(self, timeout_s: float) -> None:
        """Let the steps on their way end, then close; a step cut short is found by its lease."""
        if self._steps:
            await asyncio.wait(self._steps, timeout=timeout_s)
        for task in self._steps:
            task.cancel()
        self._store.stop()
        self._thread.shutdown()
        self._store.close()

    async def _survive(self, request: UncertainRequest, not_after: float) -> None:
        try:
            await self._resolve(request, not_after)
        except StoreError as error:
            _log.error("resolution left to its lease", request_id=request.request_id, error=error.message)
        except Exception:  # noqa: BLE001 - one poisoned row must not stop the others; its lease ends
            _log.exception("resolution left to its lease", request_id=request.request_id)

    async def _resolve(self, request: UncertainRequest, not_after: float) -> None:
        try:
            result = await self._step(request, not_after)
        except RequestRefused as refused:
            result = self._resolution.to_person(request, f"无法组成核实报文（{refused.message}）")
        if result is None:
            return
        changed = await self._finish(result)
        _log.info(
            "resolution step",
            request_id=request.request_id,
            interface_code=request.interface_code,
            original_msgid=request.original_msgid,
            status=result.status.value,
            recorded=request.request_id in changed,
            tries=request.resolve_tries,
        )

    async def _step(self, request: UncertainRequest, not_after: float) -> StepResult | None:
        await self._undoing.ready(request)
        inquiry = await self._inquiry(request)
        if inquiry is not None:
            if not await self._begin(request, StepKind.INQUIRY, inquiry):
                return None
            attempt, proof = await self._undoing.inquire(request, inquiry, not_after=not_after)
            result = self._resolution.after_inquiry(request, attempt, proof)
            if result is not None:
                return result
            await self._finish(StepResult.evidence(request, attempt))
        if self._resolution.next_step(request, inquiry=False) is Step.PERSON:
            return self._resolution.to_person(request, "无法自动核实")
        return await self._reverse(request, not_after)

    async def _made(
        self, make: Callable[[UncertainRequest], Message | None], request: UncertainRequest
    ) -> Message | None:
        return await asyncio.to_thread(make, request) if self._undoing.blocking else make(request)

    async def _inquiry(self, request: UncertainRequest) -> Message | None:
        if self._resolution.next_step(request, inquiry=True) is not Step.INQUIRE:
            return None
        try:
            return await self._made(self._undoing.inquiry, request)
        except RequestRefused as refused:
            _log.warning("inquiry cannot be made", request_id=request.request_id, error=refused.message)
            return None

    async def _reverse(self, request: UncertainRequest, not_after: float) -> StepResult | None:
        message = await self._made(self._undoing.reversal, request)
        if message is None:
            return self._resolution.to_person(request, "原请求没有人员编号，无法冲正")
        if not await self._begin(request, StepKind.REVERSAL, message):
            return None
        evidence: tuple[Attempt, Proof] = await self._undoing.reverse(message, not_after=not_after)
        return self._resolution.after_reversal(request, *evidence)

    async def _begin(self, request: UncertainRequest, kind: str, message: Message) -> bool:
        intent = StepIntent(request.request_id, request.resolve_epoch, kind, message.msgid, message.body_hash)
        held = await self._off_loop(lambda: self._store.begin_step(self._node_id, [intent]))
        return request.request_id in held

    async def _finish(self, result: StepResult) -> set[int]:
        return await self._off_loop(lambda: self._store.finish_step(self._node_id, [result]))

    async def _off_loop(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
