"""The envelope: the exact bytes of a request, made once.

Field order and lengths are those of the national specification (`mi_bridge.insurer.fields`). HIS's input is spliced in as it
was written, and nothing is serialised a second time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from mi_bridge.domain.part import Part
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.catalogue import Transaction
from mi_bridge.insurer.division import divide, fits_at_a_glance
from mi_bridge.insurer.fields import FIELDS, EnvelopeField, check_field
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodeLayout
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.signing.port import Clock

__all__ = ["FIELDS", "Envelope", "EnvelopeField", "check_field"]


class Envelope:
    """Builds the requests of one site.

    Args:
        profile: the site.
        org_names: names of the organisations that send (``fixmedins_name``), by code;
            the code stands in where a name is missing.
        clock: tells ``inf_time``.
    """

    def __init__(self, profile: Profile, *, org_names: Mapping[str, str], clock: Clock = time.time) -> None:
        self._profile = profile
        self._org_names = dict(org_names)
        self._clock = clock
        self._timezone = ZoneInfo(profile.timezone)
        self._layouts: dict[str, tuple[Transaction, NodeLayout]] = {}
        self._null = _quoted(profile.null_text)
        self._device = _device(profile)
        self._extra = "".join(
            f"{_quoted(name)}:{_quoted(text)}," for name, text in profile.extra_fields.items()
        )

    def build(self, call: Call, transaction: Transaction, *, msgid: str, org_code: str) -> bytes:
        """Return the request's bytes.

        Args:
            call: what HIS wants sent.
            transaction: what the catalogue knows of it at this site.
            msgid: the message's number.
            org_code: the sending organisation.

        Raises:
            MalformedInput: the input or a field cannot be sent; the Chinese message names it.
        """
        source = read_input(call.input, limit_bytes=self._profile.max_input_bytes)
        text = self._layout(transaction).fit(source)
        if self._profile.input_as == "string":
            text = _quoted(text)
        return self._assembled(transaction.infno, call, msgid, org_code, text)

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
        limit = self._profile.max_input_bytes
        source = read_input(call.input, limit_bytes=limit)
        fitted = self._layout(transaction).fit(source)
        if fitted is not source.text:
            source = read_input(fitted, limit_bytes=2 * limit)
        node = self._profile.node_names(transaction.infno).get(rule.node, rule.node)
        return divide(source, node, rule)

    def _layout(self, transaction: Transaction) -> NodeLayout:
        known = self._layouts.get(transaction.infno)
        if known and known[0] is transaction:
            return known[1]
        layout = NodeLayout(transaction, self._profile.node_names(transaction.infno))
        self._layouts[transaction.infno] = (transaction, layout)
        return layout

    def _assembled(self, infno: str, call: Call, msgid: str, org_code: str, text: str) -> bytes:
        profile, operator = self._profile, self._profile.operator
        body = (
            f'{{"infno":{_field("infno", infno)}'
            f',"msgid":{_quoted(check_field("msgid", msgid))}'
            f',"mdtrtarea_admvs":{_quoted(profile.mdtrtarea_admvs)}'
            f',"insuplc_admdvs":{self._optional("insuplc_admdvs", call.insuplc_admdvs or profile.insuplc_admdvs)}'
            f',"recer_sys_code":{_quoted(profile.receiver(infno))}'
            f"{self._device}"
            f',"opter_type":{_field("opter_type", call.opter_type or operator.type)}'
            f',"opter":{_field("opter", call.opter or operator.code)}'
            f',"opter_name":{_field("opter_name", call.opter_name or operator.name)}'
            f',"inf_time":"{_local_time(int(self._clock()), self._timezone)}"'
            f',"fixmedins_code":{_field("fixmedins_code", org_code)}'
            f',"fixmedins_name":{_field("fixmedins_name", self._org_names.get(org_code) or org_code)}'
            f',"sign_no":{self._optional("sign_no", call.sign_no)}'
            f",{self._extra}"
            f'"input":{text}}}'
        )
        return _encoded(body)

    def _optional(self, name: str, value: str) -> str:
        return _field(name, value) if value else self._null


def _device(profile: Profile) -> str:
    null = profile.null_text
    parts = (
        ("dev_no", profile.dev_no or null),
        ("dev_safe_info", profile.dev_safe_info or null),
        ("cainfo", profile.cainfo or null),
        ("signtype", profile.signtype),
        ("infver", profile.infver),
    )
    return "".join(f',"{name}":{_quoted(value)}' for name, value in parts)


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
