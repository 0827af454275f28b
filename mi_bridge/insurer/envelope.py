"""The envelope: the exact bytes of a request, made once.

Field order and lengths are those of the national specification (`mi_bridge.insurer.fields`). HIS's input is spliced in as it
was written, and nothing is serialised a second time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from mi_bridge.domain.part import Part
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.catalogue import Transaction
from mi_bridge.insurer.division import divide, fits_at_a_glance
from mi_bridge.insurer.fields import FIELDS, EnvelopeField, check_field
from mi_bridge.insurer.input_text import InputText, is_hollow, read_input
from mi_bridge.insurer.nodes import NodeLayout, NodePart
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.reversal import REVERSAL, with_wire_code
from mi_bridge.insurer.signing.cainfo import CainfoMaker
from mi_bridge.insurer.signing.port import Clock

__all__ = ["FIELDS", "Envelope", "EnvelopeField", "check_field"]


@dataclass(frozen=True, slots=True)
class FittedInput:
    """An input with its nodes in place.

    Args:
        text: what stands in ``input``.
        source: what HIS wrote.
        layout: of its nodes.
    """

    text: str = field(repr=False)
    source: InputText = field(repr=False)
    layout: NodeLayout = field(repr=False)

    def parts(self) -> Iterator[NodePart]:
        """Return its nodes, each where HIS wrote it."""
        return self.layout.parts(self.source)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same in every message of one transaction: pieces of JSON; ``cainfo`` is empty where each message has its own."""

    code: str
    area: str
    receiver: str
    version: str
    cainfo: str
    input_as: str


class Envelope:
    """Builds the requests of one site.

    Args:
        profile: the site.
        org_names: names of the organisations that send (``fixmedins_name``), by code;
            the code stands in where a name is missing.
        cainfo: makes ``cainfo``; None where it is a plain text.
        clock: tells ``inf_time``.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        org_names: Mapping[str, str],
        cainfo: CainfoMaker | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._profile = profile
        self._org_names = dict(org_names)
        self._clock = clock
        self._timezone = ZoneInfo(profile.timezone)
        self._layouts: dict[str, tuple[Transaction, NodeLayout]] = {}
        self._frames: dict[str, _Frame] = {}
        self._null = _quoted(profile.null_text)
        self._cainfo = cainfo
        self._extra = "".join(
            f",{_quoted(name)}:{_quoted(text)}" for name, text in profile.extra_fields.items()
        )

    def fit(self, call: Call, transaction: Transaction) -> FittedInput:
        """Return the call's input with its nodes in place.

        Raises:
            MalformedInput: the input cannot be sent; the Chinese message names field or node.
        """
        source = self._read(call)
        layout = self._layout(transaction)
        return FittedInput(layout.fit(source), source, layout)

    def build(
        self,
        call: Call,
        transaction: Transaction,
        *,
        msgid: str,
        org_code: str,
        fitted: FittedInput | None = None,
    ) -> bytes:
        """Return the request's bytes.

        Args:
            call: what HIS wants sent.
            transaction: what the catalogue knows of it at this site.
            msgid: the message's number.
            org_code: the sending organisation.
            fitted: its input, where it was fitted before.

        Raises:
            MalformedInput: the input or a field cannot be sent; the Chinese message names it.
        """
        fitted = fitted or self.fit(call, transaction)
        kind = self._frame(transaction.infno).input_as
        text = _nothing(transaction.infno, fitted.source) if kind == "empty" else fitted.text
        written = text if kind == "object" else _quoted(text)
        return _encoded(self._assembled(transaction.infno, call, msgid, org_code, text, written))

    def _read(self, call: Call) -> InputText:
        limit = self._profile.max_input_bytes
        # where the site wants an empty text, HIS may say so itself
        empty = call.input == '""' and self._frame(call.infno.strip()).input_as == "empty"
        source = read_input("{}" if empty else call.input, limit_bytes=limit)
        if call.infno.strip() != REVERSAL or not self._profile.wire_codes:
            return source
        changed = with_wire_code(source.members, self._profile.wire_codes)
        return source if changed is None else read_input(changed, limit_bytes=limit)

    def divide(self, call: Call, transaction: Transaction) -> tuple[Part, ...]:
        """Return the parts of an input that is too large for one call at this site, none when it goes as it is.

        Args:
            call: one that ``build`` takes.
            transaction: what the catalogue knows of it at this site.

        Raises:
            MalformedInput: one row, or rows that must stay together, are too large for one call.
        """
        rule = self._profile.division(transaction.infno)
        if rule is None or (isinstance(call.input, str) and fits_at_a_glance(call.input, rule)):
            return ()
        fitted = self.fit(call, transaction)
        source = fitted.source
        if fitted.text is not source.text:
            source = read_input(fitted.text, limit_bytes=2 * self._profile.max_input_bytes)
        node = self._profile.node_names(transaction.infno).get(rule.node, rule.node)
        return divide(source, node, rule)

    def _layout(self, transaction: Transaction) -> NodeLayout:
        known = self._layouts.get(transaction.infno)
        if known and known[0] is transaction:
            return known[1]
        layout = NodeLayout(transaction, self._profile.node_names(transaction.infno))
        self._layouts[transaction.infno] = (transaction, layout)
        return layout

    def _assembled(self, infno: str, call: Call, msgid: str, org_code: str, text: str, written: str) -> str:
        frame, operator = self._frame(infno), self._profile.operator
        area = call.insuplc_admdvs or self._profile.insuplc_admdvs
        before = (
            f'{frame.code},"msgid":{_quoted(check_field("msgid", msgid))}{frame.area}'
            f',"insuplc_admdvs":{self._optional("insuplc_admdvs", area)}{frame.receiver}'
        )
        after = (
            f"{frame.version}"
            f',"opter_type":{_field("opter_type", call.opter_type or operator.type)}'
            f',"opter":{_field("opter", call.opter or operator.code)}'
            f',"opter_name":{_field("opter_name", call.opter_name or operator.name)}'
            f',"inf_time":"{_local_time(int(self._clock()), self._timezone)}"'
            f',"fixmedins_code":{_field("fixmedins_code", org_code)}'
            f',"fixmedins_name":{_field("fixmedins_name", self._org_names.get(org_code) or org_code)}'
            f',"sign_no":{self._optional("sign_no", call.sign_no)}'
            f"{self._extra}"
        )
        cainfo = frame.cainfo or self._made(before, after, text)
        return f'{before},"cainfo":{cainfo}{after},"input":{written}}}'

    def _made(self, before: str, after: str, text: str) -> str:
        """Return ``cainfo``, made from exactly what is sent."""
        assert self._cainfo is not None  # noqa: S101 - a frame without cainfo is made only then
        return _quoted(check_field("cainfo", self._cainfo.make(json.loads(f"{before}{after}}}"), text)))

    def _frame(self, infno: str) -> _Frame:
        known = self._frames.get(infno)
        if known is None:
            known = self._frames[infno] = _frame(self._profile, infno, plain=self._cainfo is None)
        return known

    def _optional(self, name: str, value: str) -> str:
        return _field(name, value) if value else self._null


def _nothing(infno: str, source: InputText) -> str:
    """Return the empty input of a transaction that takes none at this site."""
    if is_hollow(source.members):
        return ""
    raise MalformedInput(f"交易 {infno} 在本站不带输入（input 为空字符串）。请传入 {{}}。")


def _frame(profile: Profile, infno: str, *, plain: bool) -> _Frame:
    null, own = profile.null_text, profile.interface(infno)
    code = profile.wire_code(infno)
    device = (
        ("recer_sys_code", profile.receiver(infno)),
        ("dev_no", profile.dev_no or null),
        ("dev_safe_info", profile.dev_safe_info or null),
    )
    signtype = profile.signtype if own.signtype is None else own.signtype
    cainfo = profile.cainfo if own.cainfo is None else own.cainfo
    return _Frame(
        code=f'{{"infno":{_field("infno", code)}',
        area=_fields([("mdtrtarea_admvs", profile.mdtrtarea_admvs)]),
        receiver=_fields(device),
        version=_fields([("signtype", signtype), ("infver", profile.infver)]),
        cainfo=_quoted(cainfo or null) if plain or own.cainfo is not None else "",
        input_as=own.input_as or profile.input_as,
    )


def _fields(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f',"{name}":{_quoted(value)}' for name, value in pairs)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=1024)
def _field(name: str, value: str) -> str:
    return _quoted(check_field(name, value))


@lru_cache(maxsize=8)
def _local_time(second: int, timezone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(second, timezone):%Y-%m-%d %H:%M:%S}"


def _encoded(body: str) -> bytes:
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise MalformedInput(
            "经办人、机构名称等报文字段含有不成对的代理字符，不是合法文字。请检查其来源。"
        ) from None
