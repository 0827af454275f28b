"""Signs operators out: all of them at the end of the day where the site wants that, or one at a person's order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import structlog

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.sign_in import SignInDecision, SignInWish
from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile
from mi_bridge.store.sign_in_port import SignInStore
from mi_bridge.traffic.sign_in_desk import SignInDesk

_log: Any = structlog.get_logger()
Result = TypeVar("Result")
# longer than what is left of a day after its end was told, shorter than a day
_TERM_S = 20 * 3600
_JOB = "sign-out"


class SignOut:
    """Ends sign-ins (9002), once in the whole cluster.

    Args:
        store: of a thread of its own; connects when it is first needed.
        desk: sends 9002.
        profile: the site's policy and clock.
        node_id: who does it.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: SignInStore,
        desk: SignInDesk,
        profile: Profile,
        node_id: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._desk = desk
        self._policy = profile.sign_in
        self._timezone = ZoneInfo(profile.timezone)
        self._node_id = node_id
        self._clock = clock
        self._looked_on: date | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sign-out")

    def adopt(self, profile: Profile) -> None:
        """Go from now on by another profile's policy and clock."""
        self._policy = profile.sign_in
        self._timezone = ZoneInfo(profile.timezone)

    async def turn(self) -> int:
        """Sign everybody out when the day's end has come and no other node has done it; return how many were.

        Raises:
            StoreError: the database stayed away.
        """
        if self._policy.policy == "never" or self._policy.sign_out == "never":
            return 0
        now = datetime.fromtimestamp(self._clock(), self._timezone)
        if f"{now:%H:%M}" < self._policy.sign_out_at or self._looked_on == now.date():
            return 0
        leads = await self._off_loop(partial(self._store.lead, _JOB, self._node_id, _TERM_S))
        done = await self.everybody() if leads else 0
        self._looked_on = now.date()
        return done

    async def everybody(self, org_code: str = "", opter: str = "") -> int:
        """Sign out whoever is signed in, of one organisation or one operator where given; return how many were.

        Raises:
            StoreError: the database stayed away.
        """
        rows = await self._off_loop(self._store.sign_ins)
        wanted = [
            Sender(row.org_code, row.opter)
            for row in rows
            if row.state == "SIGNED_IN" and org_code in ("", row.org_code) and opter in ("", row.opter)
        ]
        return sum([await self._one(sender) for sender in wanted])

    async def stop(self) -> None:
        """Close."""
        self._store.stop()
        await asyncio.to_thread(self._thread.shutdown)
        self._store.close()

    async def _one(self, sender: Sender) -> bool:
        wish = SignInWish(sender.org_code, sender.opter, may_sign=False)
        reply = await self._off_loop(partial(self._store.take_sign_in, self._node_id, wish))
        if reply.decision is not SignInDecision.TAKE:
            return False
        number = await self._off_loop(self._store.take_msgid)
        not_after = time.monotonic() + self._policy.timeout_s
        try:
            answer = await self._desk.sign_out(sender, reply.sign_no, number, not_after=not_after)
        except RequestRefused as refused:
            _log.error("not signed out", org_code=sender.org_code, error=refused.message)
            return False
        if not answer.outcome.definitive:
            _log.warning("not signed out", org_code=sender.org_code, outcome=answer.outcome.value)
            return False
        # a refusal means that the platform knows no such sign-in any more
        _log.info("signed out", org_code=sender.org_code, outcome=answer.outcome.value)
        await self._off_loop(partial(self._store.end_sign_in, sender.org_code, sender.opter, reply.sign_no))
        return answer.outcome is Outcome.OK

    async def _off_loop(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
