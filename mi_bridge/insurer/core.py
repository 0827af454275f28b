"""The core of the client, as the bridge uses it: one call in, one answer out, and the truth about it."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, Unpack

import httpx

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.errors import TransportError
from mi_bridge.insurer.answer import Answer, parse_answer
from mi_bridge.insurer.call import Call, CallFields, PreparedCall, Sender
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.files.receiver import Receiver
from mi_bridge.insurer.files.upload_body import UploadBody
from mi_bridge.insurer.message_maker import Hospital, MessageMaker
from mi_bridge.insurer.msgid import MsgidSource, process_msgids
from mi_bridge.insurer.msgid_layout import MsgidLayout
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.insurer.session import Session
from mi_bridge.insurer.signing.cainfo import CainfoMaker
from mi_bridge.insurer.signing.port import Clock, Credentials
from mi_bridge.insurer.transport import Wire, build_transport
from mi_bridge.insurer.transport.stream_ports import BytesStream
from mi_bridge.insurer.transport.wire import WireAnswer
from mi_bridge.insurer.wire_client import WireClient, unanswered


@dataclass(slots=True)
class _Current:
    """What makes the next message; shared by a client and those made `InsurerClient.under` a session of it."""

    maker: MessageMaker


class InsurerClient(WireClient):
    """Sends one site's messages.

    Args:
        profile: the site.
        credentials: what its gateway knows this hospital by.
        base_url: the gateway, for example ``http://10.1.2.3:8080``.
        base_urls: further gateways, by the name the profile gives them (``url.bases``).
        org_code: the sending organisation where a call does not say (``fixmedins_code``).
        org_names: names of the organisations that send, by code; a code stands in for a missing name.
        catalogue: the transactions as this site speaks them; made from the profile when None.
        msgids: where message numbers come from when a call brings none; this process's clock when None.
        transport: how messages travel; made from the profile when None. One that is given stays the caller's to close.
        ca_bundle: PEM file of the authorities to trust, where the gateway has a certificate of its own making.
        rules: the quality rules messages are looked at by; the shipped ones when None.
        cainfo: makes ``cainfo``, where the key sits in a device or a vendor's SDK; made from profile and credentials when None.
        clock: tells ``inf_time`` and the signature's time.

    Raises:
        ConfigurationError: the address, a credential or the profile cannot be used.
    """

    def __init__(
        self,
        *,
        profile: Profile,
        credentials: Credentials,
        base_url: str,
        base_urls: Mapping[str, str] | None = None,
        org_code: str = "",
        org_names: Mapping[str, str] | None = None,
        catalogue: Catalogue | None = None,
        msgids: MsgidSource | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_bundle: Path | None = None,
        rules: RuleBook | None = None,
        cainfo: CainfoMaker | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.rules = rules or RuleBook()
        self._hospital = Hospital(
            credentials=credentials,
            base_url=base_url,
            base_urls=base_urls or {},
            org_code=org_code,
            org_names=org_names or {},
            msgids=msgids or process_msgids(layout=profile.msgid),
            rules=self.rules,
            cainfo=cainfo,
            clock=clock,
        )
        self._current = _Current(MessageMaker(profile, self._hospital, catalogue))
        self._session: Session | None = None
        super().__init__(
            Wire(transport or _transport(profile, ca_bundle), max_answer_bytes=profile.max_answer_bytes),
            owned=transport is None,
        )

    @property
    def clock(self) -> Clock:
        """What tells the time of messages and signatures."""
        return self._hospital.clock

    @property
    def profile(self) -> Profile:
        """The site, as the next message is made for it."""
        return self._current.maker.profile

    @property
    def catalogue(self) -> Catalogue:
        """The transactions as this site speaks them."""
        return self._current.maker.catalogue

    def adopt(self, profile: Profile) -> None:
        """Make every message from now on for another profile; those already made stay as they are, connections stay open.

        What belongs to the connections (their number, their times, the size of answers) stays as it was at the start.

        Args:
            profile: the site anew.

        Raises:
            ConfigurationError: it cannot be used; nothing has changed.
        """
        self._current.maker = MessageMaker(profile, self._hospital)

    @property
    def blocking(self) -> bool:
        """Whether making a message takes so long (a signing device) that an event loop must not wait for it."""
        return self._current.maker.blocking

    def under(self, session: Session) -> Self:
        """Return this client as it works for signed-in operators; both share connections, which stay this one's to close.

        Args:
            session: gives the sign-in numbers.
        """
        signed = copy.copy(self)
        signed._session, signed._owned = session, False  # noqa: SLF001 - of its own kind
        return signed

    async def ready(self, infno: str, sender: Sender) -> None:
        """Have at hand what a message of this sender needs before it is prepared; without a session that is nothing.

        Args:
            infno: the transaction.
            sender: whose message; empty fields are filled as for a call.
        """
        if self._session is not None:
            await self._session.ready(infno, sender)

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message ready, down to its last byte; nothing is sent.

        Args:
            call: what to send.

        Raises:
            UnknownInterface: the code is unknown, switched off or has no address here.
            MalformedInput: the input or a field cannot be sent, or the site refuses what its check found; the Chinese message
                names every place.
        """
        if self._session is not None:
            call = self._session.signed(call)
        return self._current.maker.prepare(call)

    def divide(self, call: Call) -> tuple[Part, ...]:
        """Return the parts of a call that is too large for this site, none when it goes as it is; nothing is sent.

        Args:
            call: one that ``prepare`` takes.

        Raises:
            UnknownInterface: the code is unknown or switched off here.
            MalformedInput: one row, or rows that must stay together, are too large for one call.
        """
        return self._current.maker.divide(call)

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        """Send a prepared message once and read its answer. Faults become outcomes; only cancellation is raised.

        Args:
            prepared: the message.
            timeout_s: seconds for the whole exchange; the profile's where None.
            not_after: value of `time.monotonic` past which nothing is sent any more (outcome NOT_SENT, fault
                ``deadline_passed``).
        """
        started = time.monotonic()
        try:
            answer = await self._wire.post(
                prepared.url,
                prepared.headers,
                prepared.body,
                timeout_s=self.profile.call_timeout(prepared.infno) if timeout_s is None else timeout_s,
                not_after=not_after,
            )
        except TransportError as fault:
            return unanswered(fault, started)
        return await self._heeded(prepared, answer.body, answer)

    def with_stream(self, prepared: PreparedCall, body: UploadBody) -> PreparedCall:
        """Return a prepared message with a streamed body in its place, signed and hashed as it will be sent. Reads the file.

        Args:
            prepared: made by `prepare`.
            body: what is sent instead of its own body.

        Raises:
            FileFault: the file cannot be read.
        """
        return self._current.maker.with_stream(prepared, body)

    async def transfer(
        self,
        prepared: PreparedCall,
        *,
        body: UploadBody | None = None,
        receiver: Receiver | None = None,
        not_after: float | None = None,
    ) -> Answer:
        """Send a message once, to or from the disk; `mi_bridge.insurer.files.client` is made for it. Faults become outcomes.

        Args:
            prepared: the message.
            body: a streamed body instead of its own.
            receiver: takes the answer when it may be a file.
            not_after: as for `send`.

        Raises:
            OSError: the received file cannot be put into its place.
        """
        files = self.profile.files
        sink = receiver or Receiver(None, text_limit=self.profile.max_answer_bytes)
        started = time.monotonic()
        try:
            answer = await self._wire.transfer(
                prepared.url,
                prepared.headers,
                body or BytesStream(prepared.body),
                sink,
                timeout_s=files.transfer_timeout_s,
                max_answer_bytes=files.max_file_bytes,
                not_after=not_after,
            )
        except TransportError as fault:
            return unanswered(fault, started)
        file = await sink.commit()
        if file is not None:
            return Answer(
                Outcome.OK, http_status=answer.http_status, duration_ms=answer.duration_ms, file=file
            )
        return await self._heeded(prepared, sink.text, answer)

    async def call(
        self,
        infno: str,
        input: str | Mapping[str, Any],  # noqa: A002 - the platform's own word
        **fields: Unpack[CallFields],
    ) -> Answer:
        """Prepare and send in one go.

        Args:
            infno: the transaction's code.
            input: its input, as JSON text or as a mapping.
            **fields: further fields of `Call`.

        Raises:
            RequestRefused: the message cannot be made; nothing was sent.
        """
        call = Call(infno, input, **fields)
        waits = self.blocking or self.profile.msgid is not MsgidLayout.SEQUENCE
        prepared = await asyncio.to_thread(self.prepare, call) if waits else self.prepare(call)
        answer = await self.send(prepared)
        if prepared.findings is None:
            return answer
        return dataclasses.replace(answer, check_report=prepared.findings.warning())

    async def _heeded(self, prepared: PreparedCall, body: bytes, answer: WireAnswer) -> Answer:
        """Read an answer, and let the session act on what it says of the sign-in."""
        read = parse_answer(
            body,
            http_status=answer.http_status,
            transaction=prepared.transaction,
            texts=self.profile.texts,
            duration_ms=answer.duration_ms,
        )
        return read if self._session is None else await self._session.heed(prepared, read)


def _transport(profile: Profile, ca_bundle: Path | None) -> httpx.AsyncBaseTransport:
    return build_transport(
        ca_bundle=ca_bundle,
        limit=profile.max_connections,
        keepalive_s=profile.keepalive_s,
        connect_timeout_s=profile.connect_timeout_s,
    )
