"""The platform behind the gateway: a message in, an answer out, at once and on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mi_bridge.errors import RequestRefused, UnknownInterface
from mi_bridge.insurer.catalogue_kind import catalogue_kinds
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.simulator.address import fits
from mi_bridge.simulator.catalogues import Catalogues
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import Clock, long_stamp
from mi_bridge.simulator.codec import decode
from mi_bridge.simulator.config import SimulatorConfig
from mi_bridge.simulator.desks import desk_for
from mi_bridge.simulator.dialect import Dialect
from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.file_store import KeptFile
from mi_bridge.simulator.gateway import build_gateway
from mi_bridge.simulator.input_limits import InputLimits
from mi_bridge.simulator.intake import Intake
from mi_bridge.simulator.ledger import Received
from mi_bridge.simulator.message import named_person
from mi_bridge.simulator.requirements import Requirements
from mi_bridge.simulator.seal import build_seal
from mi_bridge.simulator.tables import data_folder
from mi_bridge.simulator.upload import Parcel, unwrap

_PROVINCE = 2  # the digits of an area code that name the province, which is who answers


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came off the wire.

    Args:
        path: where it was posted to.
        headers: its HTTP headers.
        body: its bytes.
        parcel: the message in them, and the file beside it.
        document: the JSON object in it; None when there is none.
        record: its line in the ledger.
        time: when it came in.
    """

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    parcel: Parcel = field(repr=False)
    document: Node | None = field(repr=False)
    record: Received = field(repr=False)
    time: datetime

    @property
    def infno(self) -> str:
        """The transaction it names; empty when it names none."""
        return text(self.document or {}, "infno")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is written down.

    Args:
        status: of HTTP.
        content: the JSON object.
        file: sent instead of it; None for an ordinary answer.
    """

    status: int
    content: Node = field(repr=False)
    file: KeptFile | None = field(default=None, repr=False)


class Platform:
    """One platform, with everything it remembers.

    Args:
        config: how it is set up.
        clock: tells the time.

    Raises:
        ConfigurationError: the profile or a data file cannot be used, or a secret the profile needs is empty.
    """

    def __init__(self, config: SimulatorConfig, clock: Clock) -> None:
        folder = data_folder(config.data_folder)
        self._config = config
        self._profile: Profile = load_profile(config.profile)
        self.dialect = Dialect(self._profile)
        self._seal = build_seal(self._profile, config.public_key)
        self._gateway = build_gateway(
            self._profile,
            Credentials(config.app_id, config.app_secret),
            window_s=config.timestamp_window_s,
        )
        self.centre = Centre.open(
            folder,
            seed=config.seed,
            clock=clock,
            catalogue=self._profile.catalogue(),
            reversible=frozenset(self._profile.reversible),
            message_limit=config.message_limit,
            catalogues=Catalogues(catalogue_kinds(self._profile), config.seed, config.catalogues),
            reconciliation=self._profile.reconciliation,
            sign_in_password=config.sign_in_password.get_secret_value(),
        )
        requirements = Requirements(folder, self.centre.texts, strict=config.strict_fields)
        self._intake = Intake(
            self.dialect,
            requirements,
            signed_in=config.require_sign_in,
            once=config.duplicate_msgid == "refuse",
            limits=InputLimits(config.max_rows, config.max_input_bytes),
        )

    def require_sign_in(self, *, needed: bool) -> None:
        """Insist on sign-ins from now on, or no longer."""
        self._intake.signed_in = needed

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> Arrival:
        """Enter a message in the ledger; nothing is done about it yet."""
        record = self.centre.ledger.receive(path)
        parcel = unwrap(headers, body)
        document = _document(parcel.message)
        if document is not None:
            record.infno, record.msgid = text(document, "infno"), text(document, "msgid")
            record.org_code = text(document, "fixmedins_code")
            record.psn_no = named_person(document.get("input"))
        return Arrival(path, headers, body, parcel, document, record, self.centre.clock.now())

    def execute(self, arrival: Arrival) -> Reply:
        """Do what a message asks, and answer it."""
        arrival.record.executions += 1
        turned_away = self._turned_away(arrival)
        if turned_away:
            return self.turn_away(turned_away)
        if arrival.document is None:
            return self.front("front.not_json")
        infno = self.dialect.national(arrival.infno)
        if self._config.check_url and not fits(self._profile, infno, arrival.infno, arrival.path):
            return self.front("front.unknown_transaction")
        if self._config.check_signature and not self._sealed(arrival, arrival.document, infno):
            return self.refuse(arrival, self.centre.texts.say("front.signature"))
        return self._work(arrival, arrival.document)

    def _turned_away(self, arrival: Arrival) -> str:
        checked = self._config.check_signature
        return self._gateway(arrival.headers, arrival.body, arrival.time) if checked else ""

    def _sealed(self, arrival: Arrival, document: Node, infno: str) -> bool:
        """Tell whether ``cainfo`` is right, where this transaction has no plain text of its own for it."""
        return self._profile.interface(infno).cainfo is not None or self._seal(
            document, arrival.parcel.message
        )

    def turn_away(self, name: str) -> Reply:
        """Return the gateway's refusal; ``name`` is one of ``texts.toml``."""
        return Reply(self._config.gateway_status, {"code": 401, "message": self.centre.texts.say(name)})

    def refuse(self, arrival: Arrival, words: str) -> Reply:
        """Return a definite refusal: an envelope with infcode -1 and without a receiver's number, as live ones are."""
        return self._answer(arrival, infcode=-1, err_msg=words, output=None, number=None)

    def busy(self, arrival: Arrival) -> Reply:
        """Return that the same business is under way: definite, not executed."""
        return self.refuse(arrival, self.centre.texts.busy(self.dialect.national(arrival.infno)))

    def fail(self) -> Reply:
        """Return what the platform's framework makes of an exception."""
        words = f"{self.centre.texts.say('deviation.hsaf')},异常流水号:{self.centre.numbering.serial()}"
        return Reply(200, {"code": -1, "type": "error", "message": words})

    def front(self, name: str) -> Reply:
        """Return what the layer before the transactions says: no envelope, but a serial number."""
        words = self.centre.texts.say(name, serial=self.centre.numbering.serial())
        return Reply(200, {"type": "error", "infcode": -1, "err_msg": words})

    def _work(self, arrival: Arrival, document: Node) -> Reply:
        try:
            self.centre.catalogue.get(self.dialect.national(arrival.infno))
        except UnknownInterface:
            return self.front("front.unknown_transaction")
        try:
            message = self._intake.open(self.centre, document, arrival.parcel.file)
            output = desk_for(message.infno)(self.centre, message)
        except RequestRefused as refusal:
            return self.refuse(arrival, refusal.message)
        if isinstance(output, KeptFile):
            return Reply(200, {"infcode": 0}, output)
        number = self.centre.numbering.message(f"{message.area[:_PROVINCE]}0000", arrival.time)
        output = self.dialect.output(message.infno, output)
        return self._answer(arrival, infcode=0, err_msg=None, output=output, number=number)

    def _answer(
        self, arrival: Arrival, *, infcode: int, err_msg: str | None, output: Any, number: str | None
    ) -> Reply:
        content = {
            "output": output,
            "infcode": infcode,
            "warn_msg": None,
            "cainfo": None,
            "err_msg": err_msg,
            "refmsg_time": long_stamp(arrival.time),
            "signtype": None,
            "respond_time": long_stamp(self.centre.clock.now()),
            "inf_refmsgid": number,
        }
        return Reply(200, content)


def _document(body: bytes) -> Node | None:
    try:
        document = decode(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
