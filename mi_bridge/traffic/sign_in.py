"""The sign-in numbers of this node's operators: a cache in front of the one sign-in the whole cluster shares.

In the steady state a number costs nothing: it is read from the database when this process first needs it, and kept until its time is
over or the platform refuses it. With the policy ``never`` nothing is ever asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import structlog

from mi_bridge.domain.sign_in import SignInDecision, SignInReply, SignInResult, SignInWish
from mi_bridge.errors import BridgeError, SignInUnavailable, StoreError
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.sign_in import SIGN_IN, asks_for_sign_in, valid_seconds
from mi_bridge.store.sign_in_port import SignInStore
from mi_bridge.traffic.sign_in_desk import SignInDesk

_log: Any = structlog.get_logger()
Result = TypeVar("Result")
_Key = tuple[str, str]
# while another node signs in; a 9001 takes tens of milliseconds
_FIRST_LOOK_S = 0.02
_LAST_LOOK_S = 0.5
_LEASE_MARGIN_S = 5
_BUSY_RETRY_S = 1.0
CONDITION = "SIGN_IN_FAILED"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sign-in number, and which sign-in it is from; both empty where none is used."""

    sign_no: str = field(default="", repr=False)
    epoch: int = 0


NO_TICKET = Ticket()


@dataclass(slots=True)
class _Known:
    """What this process knows of an operator's sign-in, from which of its questions."""

    ticket: Ticket
    until: float
    question: int
    proved: bool


class _Stands(BridgeError):
    """The number was refused before it ever worked: the refusal stands."""


class SignIns:
    """Gives each message its operator's sign-in number. Used by one event loop; ``at_hand`` by any thread.

    Args:
        store: of a thread of its own; connects when the first number is needed.
        desk: sends 9001.
        profile: the site's policy.
        node_id: who holds the right to sign in.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: SignInStore,
        desk: SignInDesk,
        profile: Profile,
        node_id: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._desk = desk
        self.adopt(profile)
        self._node_id = node_id
        self._clock = clock
        self._known: dict[_Key, _Known] = {}
        self._questions = 0
        self._asking: dict[_Key, asyncio.Task[_Known]] = {}
        self._notes: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sign-in")

    def adopt(self, profile: Profile) -> None:
        """Go from now on by another profile's policy; numbers that hold go on holding."""
        self._profile = profile
        self._policy = profile.sign_in
        self._exempt = frozenset({SIGN_IN, *profile.sign_in.exempt})

    @property
    def needed(self) -> bool:
        """Whether this site signs in at all."""
        return self._policy.policy != "never"

    def at_hand(self, sender: Sender, infno: str) -> Ticket:
        """Return the number this process has for a message, without asking anybody."""
        if not self.needed or infno in self._exempt:
            return NO_TICKET
        known = self._known.get(_key(self._whole(sender)))
        return known.ticket if known and known.until > self._clock() else NO_TICKET

    def settled(self, sender: Sender, infno: str) -> bool:
        """Tell whether ``at_hand`` is all there is to know for a first send: nobody need be asked."""
        if not self.needed or infno in self._exempt:
            return True
        known = self._known.get(_key(self._whole(sender)))
        return known is not None and known.until > self._clock()

    async def ready(self, sender: Sender, infno: str, *, fresh: bool = False) -> None:
        """Have the number at hand that a message needs.

        Args:
            sender: whose message.
            infno: the transaction.
            fresh: ask the database whatever this process knows; for a resend, whose number another node may have replaced.

        Raises:
            SignInUnavailable: none is to be had now; the message waits.
            StoreError: the database stayed away.
        """
        if not self.needed or infno in self._exempt or (not fresh and self.settled(sender, infno)):
            return
        sender = self._whole(sender)
        since = self._questions if fresh else 0
        look = self._current(sender, self._wish(sender, may_sign=self._policy.policy == "daily"), since)
        try:
            await asyncio.wait_for(look, self._policy.patience_s)
        except TimeoutError:
            raise SignInUnavailable("操作员签到尚未完成", retry_s=_BUSY_RETRY_S) from None

    def asks(self, infno: str, err_msg: str) -> bool:
        """Tell whether a definite refusal means that a sign-in, or a newer one, is wanted."""
        return self.needed and infno not in self._exempt and asks_for_sign_in(self._profile, infno, err_msg)

    async def renewed(self, sender: Sender) -> bool:
        """After a refusal that asks for a sign-in: have a newer one; tell whether sending again makes sense.

        With ``daily`` a message whose number cannot be renewed waits for one: the platform takes nothing without. With ``on_demand``
        the refusal stands where no sign-in is to be had: it is definite, so that nothing is lost and HIS may submit again.
        """
        wish = self._wish(sender, seen_epoch=sender.sign_epoch, worked=self._forget(sender))
        try:
            await asyncio.wait_for(self._current(sender, wish), self._policy.patience_s)
        except _Stands:
            await self._tell(sender, "签到成功，但医保平台仍要求签到：请核对操作员和签到参数")
            return False
        except SignInUnavailable as fault:
            _log.warning("sign-in not renewed", error=fault.message)
            return self._policy.policy == "daily"
        except (TimeoutError, StoreError):
            return True
        return True

    def worked(self, sender: Sender) -> None:
        """Note that the platform took a message's number; told to the database once for each sign-in."""
        known = self._known.get(_key(sender))
        if known is None or known.proved or not sender.sign_epoch or known.ticket.epoch != sender.sign_epoch:
            return
        known.proved = True
        self._note(self._prove(sender))

    async def take_over(self, sender: Sender, sign_no: str) -> None:
        """Take over a sign-in that HIS made by a request of its own."""
        looked = await self._off_loop(
            partial(self._store.take_sign_in, self._node_id, self._wish(sender, may_sign=False))
        )
        seconds = valid_seconds(self._profile, looked.database_time_ms / 1000)
        adopt = partial(
            self._store.adopt_sign_in, self._node_id, sender.org_code, sender.opter, sign_no, seconds
        )
        if await self._off_loop(adopt):
            self._known.pop(_key(sender), None)
            _log.info("sign-in of HIS taken over", org_code=sender.org_code)

    async def ended(self, sender: Sender, sign_no: str) -> None:
        """Forget a number that was signed out."""
        known = self._known.get(_key(sender))
        if known is not None and known.ticket.sign_no == sign_no:
            del self._known[_key(sender)]
        await self._off_loop(partial(self._store.end_sign_in, sender.org_code, sender.opter, sign_no))

    async def order(self, sender: Sender) -> None:
        """Sign in anew now, whatever there is: a person's order.

        Raises:
            SignInUnavailable: the platform refused or did not answer.
        """
        looked = await self._off_loop(
            partial(self._store.take_sign_in, self._node_id, self._wish(sender, may_sign=False))
        )
        await self._current(sender, self._wish(sender, seen_epoch=looked.epoch, ordered=True))

    async def stop(self, timeout_s: float) -> None:
        """Let what is on its way end, then close; a sign-in cut short is found by its lease."""
        tasks = {*self._asking.values(), *self._notes}
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)
        for task in tasks:
            task.cancel()
        self._store.stop()
        await asyncio.to_thread(self._thread.shutdown)
        self._store.close()

    async def _current(self, sender: Sender, wish: SignInWish, since: int = 0) -> None:
        """Have what is wished for, by a question after that one; one question at a time for each operator."""
        key = _key(sender)
        while not self._knows(key, wish, since):
            task = self._asking.get(key)
            if task is None:
                task = asyncio.create_task(self._ask(sender, wish))
                self._asking[key] = task
                task.add_done_callback(partial(self._answered, key))
                await asyncio.shield(task)
                return
            await asyncio.wait({task})
            _share_failure(task)

    def _knows(self, key: _Key, wish: SignInWish, since: int) -> bool:
        known = self._known.get(key)
        if known is None or known.question <= since or known.until <= self._clock():
            return False
        return known.ticket.epoch > wish.seen_epoch or not wish.may_sign

    def _forget(self, sender: Sender) -> bool:
        """Drop a number the platform refused; tell whether it is known to have worked."""
        known = self._known.get(_key(sender))
        if known is None or known.ticket.epoch != sender.sign_epoch:
            return False
        del self._known[_key(sender)]
        return known.proved

    def _answered(self, key: _Key, task: asyncio.Task[_Known]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # whoever waited has been told; nobody may have

    async def _ask(self, sender: Sender, wish: SignInWish) -> _Known:
        pause = _FIRST_LOOK_S
        while True:
            asked_at = self._clock()
            self._questions += 1
            question = self._questions
            reply = await self._off_loop(partial(self._store.take_sign_in, self._node_id, wish))
            known = await self._heed(sender, reply, asked_at, question)
            if known is not None:
                return known
            if reply.decision is SignInDecision.WAIT:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_LOOK_S)

    async def _heed(
        self, sender: Sender, reply: SignInReply, asked_at: float, question: int
    ) -> _Known | None:
        """Do what the database says; None asks it again."""
        if reply.decision is SignInDecision.TAKE:
            ticket = Ticket(reply.sign_no, reply.epoch)
            return self._keep(
                sender, ticket, asked_at + reply.remaining_ms / 1000, question, proved=reply.proved
            )
        if reply.decision is SignInDecision.NONE:
            return self._keep(sender, NO_TICKET, float("inf"), question, proved=False)
        if reply.decision is SignInDecision.KEEP:
            raise _Stands("the refusal stands")
        if reply.decision is SignInDecision.FAILED:
            raise SignInUnavailable(reply.message, retry_s=reply.remaining_ms / 1000)
        if reply.decision is SignInDecision.SIGN:
            return await self._sign(sender, reply, asked_at, question)
        return None

    async def _sign(
        self, sender: Sender, reply: SignInReply, asked_at: float, question: int
    ) -> _Known | None:
        signed = await self._desk.sign_in(
            sender, reply.msgid_number, not_after=asked_at + self._policy.timeout_s
        )
        seconds = valid_seconds(self._profile, reply.database_time_ms / 1000) if signed.sign_no else 0
        result = SignInResult(
            sender.org_code,
            sender.opter,
            reply.epoch,
            signed.sign_no,
            seconds,
            signed.fault,
            round(signed.retry_s * 1000),
        )
        mine = await self._off_loop(partial(self._store.finish_sign_in, self._node_id, result))
        if not mine:
            return None
        if not signed.sign_no:
            if signed.alarming:
                await self._tell(sender, signed.fault)
            raise SignInUnavailable(signed.fault, retry_s=signed.retry_s)
        _log.info("signed in", org_code=sender.org_code, seconds=seconds)
        until = asked_at + seconds
        return self._keep(sender, Ticket(signed.sign_no, reply.epoch), until, question, proved=False)

    def _keep(self, sender: Sender, ticket: Ticket, until: float, question: int, *, proved: bool) -> _Known:
        known = _Known(ticket, until, question, proved)
        self._known[_key(sender)] = known
        return known

    def _wish(
        self,
        sender: Sender,
        *,
        seen_epoch: int = 0,
        may_sign: bool = True,
        worked: bool = False,
        ordered: bool = False,
    ) -> SignInWish:
        policy = self._policy
        return SignInWish(
            sender.org_code,
            sender.opter,
            seen_epoch,
            may_sign,
            worked,
            ordered,
            pause_ms=round(policy.pause_s * 1000),
            # longer than a 9001 can be on its way: it starts within one deadline and ends within another
            lease_seconds=round(2 * policy.timeout_s) + _LEASE_MARGIN_S,
        )

    async def _prove(self, sender: Sender) -> None:
        try:
            await self._off_loop(
                partial(self._store.prove_sign_in, sender.org_code, sender.opter, sender.sign_epoch)
            )
        except StoreError as error:
            # the next renewal says itself that the number worked
            _log.warning("sign-in not noted as proved", error=error.message)

    async def _tell(self, sender: Sender, what: str) -> None:
        _log.error("sign-in failed", org_code=sender.org_code, error=what)
        message = f"操作员 {sender.opter} 签到失败：{what}"[:500]
        subject = f"{sender.org_code} {sender.opter}"
        try:
            await self._off_loop(partial(self._store.condition, CONDITION, subject, message))
        except StoreError as error:
            _log.warning("alert not raised", alert=CONDITION, error=error.message)

    def _whole(self, sender: Sender) -> Sender:
        """Name the site's own operator where a message names none."""
        return sender if sender.opter else replace(sender, opter=self._profile.operator.code)

    def _note(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _off_loop(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _key(sender: Sender) -> _Key:
    return (sender.org_code, sender.opter)


def _share_failure(task: asyncio.Task[_Known]) -> None:
    """Raise the reason of a failed question to whoever waited for it: asking the same again would change nothing."""
    fault = None if task.cancelled() else task.exception()
    if isinstance(fault, SignInUnavailable):
        raise fault
