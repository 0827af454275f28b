"""Makes one site's messages, down to their last byte. All of it follows from one profile, so that another one replaces it whole."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from mi_bridge.domain.part import Part
from mi_bridge.insurer.address import AddressBook
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.envelope import Envelope
from mi_bridge.insurer.fields import check_field
from mi_bridge.insurer.files.upload_body import UploadBody
from mi_bridge.insurer.msgid import MsgidSource
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.insurer.signing.cainfo import CainfoMaker
from mi_bridge.insurer.signing.fixed import fixed_headers
from mi_bridge.insurer.signing.port import Clock, Credentials, sign_streamed
from mi_bridge.insurer.signing.registry import build_cainfo, build_signer


@dataclass(frozen=True, slots=True)
class Hospital:
    """Who sends, whatever the profile says.

    Args:
        credentials: what the gateway knows this hospital by.
        base_url: the gateway.
        base_urls: further gateways, by the name the profile gives them.
        org_code: the sending organisation where a call does not say.
        org_names: names of the organisations that send, by code.
        msgids: where message numbers come from when a call brings none.
        rules: the quality rules messages are looked at by.
        cainfo: makes ``cainfo``, where the key sits in a device; None makes it as the profile says.
        clock: tells ``inf_time`` and the signature's time.
    """

    credentials: Credentials = field(repr=False)
    base_url: str
    base_urls: Mapping[str, str]
    org_code: str
    org_names: Mapping[str, str]
    msgids: MsgidSource
    rules: RuleBook
    cainfo: CainfoMaker | None = None
    clock: Clock = time.time


class MessageMaker:
    """Makes the messages of one hospital at one site.

    Args:
        profile: the site.
        hospital: who sends.
        catalogue: the transactions as this site speaks them; made from the profile when None.

    Raises:
        ConfigurationError: an address, a credential or the profile cannot be used.
    """

    def __init__(self, profile: Profile, hospital: Hospital, catalogue: Catalogue | None = None) -> None:
        self.profile = profile
        self.catalogue = catalogue or profile.catalogue()
        self._org_code = hospital.org_code
        self._msgids = hospital.msgids
        self._addresses = AddressBook(hospital.base_url, profile, hospital.base_urls)
        self._signer = build_signer(profile, hospital.credentials, hospital.clock)
        self._cainfo = hospital.cainfo or build_cainfo(profile, hospital.credentials)
        self._envelope = Envelope(
            profile, org_names=hospital.org_names, cainfo=self._cainfo, clock=hospital.clock
        )
        self._examiner = Examiner(profile.checks, hospital.rules)
        self._headers = (
            ("content-type", profile.content_type),
            *fixed_headers(profile.headers, hospital.credentials),
        )

    @property
    def blocking(self) -> bool:
        """Whether making a message waits for a signing device."""
        return self._cainfo is not None and self._cainfo.blocking

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message ready; see `InsurerClient.prepare`."""
        transaction = self.catalogue.get(call.infno.strip())
        infno = transaction.infno
        url = self._addresses.find(infno)
        org_code = check_field("fixmedins_code", call.org_code or self._org_code)
        fitted = self._envelope.fit(call, transaction)
        findings = self._examiner.examine(transaction, fitted.parts()) if call.checked else None
        msgid = call.msgid or self._msgids.take(org_code)
        body = self._envelope.build(call, transaction, msgid=msgid, org_code=org_code, fitted=fitted)
        return PreparedCall(
            infno=infno,
            msgid=msgid,
            url=url,
            headers=self._headers + self._signer.sign(self.profile.wire_code(infno), body),
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest(),
            transaction=transaction,
            sender=Sender(
                org_code,
                call.opter or self.profile.operator.code,
                call.opter_name,
                call.opter_type,
                call.sign_epoch,
            ),
            findings=findings,
        )

    def divide(self, call: Call) -> tuple[Part, ...]:
        """Return the parts of a call that is too large; see `InsurerClient.divide`."""
        return self._envelope.divide(call, self.catalogue.get(call.infno.strip()))

    def with_stream(self, prepared: PreparedCall, body: UploadBody) -> PreparedCall:
        """Return a prepared message with a streamed body in its place; see `InsurerClient.with_stream`."""
        headers = tuple(line for line in self._headers if line[0] != "content-type")
        headers += (("content-type", body.content_type),)
        headers += sign_streamed(self._signer, self.profile.wire_code(prepared.infno), body.pieces())
        return dataclasses.replace(prepared, headers=headers, body=b"", body_sha256=body.sha256)
