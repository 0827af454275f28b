"""The platform as a daily job sees it: questions and files, with message numbers of the database and another try when a way fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
import tenacity

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import JobFailed, MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.client import DOWNLOAD, UPLOAD, FileClient
from mi_bridge.insurer.msgid import number_msgid

_log: Any = structlog.get_logger()
_REPEATED = frozenset({Outcome.NOT_SENT, Outcome.BUSY, Outcome.NOT_SIGNED_IN, Outcome.UNKNOWN})
_TRIES = 4
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0

TakeNumber = Callable[[], Awaitable[int]]
"""Returns a message number nobody has had, from the database."""


class JobInsurer:
    """Asks and moves files; only what may be repeated at will (classes Q and I).

    Args:
        client: the SDK's client.
        take_number: gives each message its number.
        org_code: the organisation that asks where a call does not say.
        first_wait_s: before the second try, in seconds; each further wait is twice as long, with jitter.
    """

    def __init__(
        self,
        client: InsurerClient,
        take_number: TakeNumber,
        *,
        org_code: str,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self._client = client
        self._files = FileClient(client)
        self._take_number = take_number
        self.org_code = org_code
        self._first_wait_s = first_wait_s

    async def ask(self, infno: str, input: str | Mapping[str, Any], *, org_code: str = "") -> Answer:  # noqa: A002 - the platform's own word
        """Ask the platform something; up to four times while the way there or back fails. Any answer is returned.

        Args:
            infno: a transaction of class Q or I.
            input: its input.
            org_code: who asks.

        Raises:
            RequestRefused: the message cannot be made, or has an effect that may not happen twice.
            StoreError: there are no numbers.
        """
        if self._client.catalogue.get(infno).money_class not in (MoneyClass.QUERY, MoneyClass.IDEMPOTENT):
            raise MalformedInput(f"交易 {infno} 不可重复发送，定时任务不能使用。")
        org = org_code or self.org_code

        async def once(msgid: str) -> Answer:
            return await self._client.call(infno, input, msgid=msgid, org_code=org)

        return await self._persist(infno, org, once)

    async def download(
        self, file_qury_no: str, filename: str, target: Path, *, owner: str = "", org_code: str = ""
    ) -> Answer:
        """Download a file (9102); ``answer.file`` is it. Tried as ``ask`` is.

        Args:
            file_qury_no: the platform's number of the file.
            filename: its name there.
            target: where it is to be.
            owner: ``fixmedins_code`` of the file; the catalogues' where empty.
            org_code: who asks.

        Raises:
            RequestRefused: the message cannot be made.
            OSError: the target's folder cannot be written to.
            StoreError: there are no numbers.
        """
        org = org_code or self.org_code
        return await self._persist(
            DOWNLOAD,
            org,
            lambda msgid: self._files.download(
                file_qury_no, filename, target, owner=owner, org_code=org, msgid=msgid
            ),
        )

    async def upload(self, source: Path, *, filename: str = "", org_code: str = "") -> Answer:
        """Upload a file (9101); every try gives it another number there. Tried as ``ask`` is.

        Args:
            source: the file.
            filename: what the platform is to call it.
            org_code: whose it is.

        Raises:
            FileFault: the file cannot be read.
            RequestRefused: the message cannot be made.
            StoreError: there are no numbers.
        """
        org = org_code or self.org_code
        return await self._persist(
            UPLOAD,
            org,
            lambda msgid: self._files.upload(source, filename=filename, org_code=org, msgid=msgid),
        )

    async def _persist(self, infno: str, org_code: str, once: Callable[[str], Awaitable[Answer]]) -> Answer:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_result(lambda answer: answer.outcome in _REPEATED),
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=tenacity.wait_random_exponential(multiplier=self._first_wait_s, max=_LONGEST_WAIT_S),
            retry_error_callback=_last_answer,
        )

        async def attempt() -> Answer:
            await self._client.ready(infno, Sender(org_code, ""))
            msgid = number_msgid(org_code, await self._take_number(), self._client.profile.msgid)
            answer = await once(msgid)
            _log.info(
                "job call",
                interface_code=infno,
                msgid=msgid,
                outcome=answer.outcome.value,
                fault=answer.fault,
                ms_insurer=answer.duration_ms,
            )
            return answer

        return await retrying(attempt)


def _last_answer(state: tenacity.RetryCallState) -> Any:
    return state.outcome.result() if state.outcome else None


def require_ok(answer: Answer, what: str) -> Answer:
    """Return an answer that is what was asked for.

    Args:
        answer: from a `JobInsurer`.
        what: what was asked for, in Chinese, for the message.

    Raises:
        JobFailed: it is not; says why in the platform's words.
    """
    if answer.outcome is Outcome.OK:
        return answer
    words = answer.err_msg or answer.fault or answer.outcome.value
    raise JobFailed(f"{what}未成功（{answer.outcome.value}）：{words}")
