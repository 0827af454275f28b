"""Reads a settlement out of a request and its answer: what the account of settlements keeps of them.

The fields are those of ``setlinfo`` in the answers of 2102, 2103, 2207, 2208, 2304 and 2305. The answer to a refund may leave
out patient, insurance type and clearing type (2103 always does); the database takes them from the settlement it took back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.settlement import SettlementAnswer, SettlementKind
from mi_bridge.errors import UnknownInterface
from mi_bridge.insurer.amount import read_amount
from mi_bridge.insurer.answer import parse_answer
from mi_bridge.insurer.answer_text import parsed
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.reversal import field_of

_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y%m%d%H%M%S", "%Y-%m-%d")


class EntryReader:
    """Makes entries of answers.

    Args:
        profile: the site, which may wrap its answers.
        catalogue: the transactions as the site speaks them.
        kinds: what each transaction's success is.
        org_code: the organisation of requests that name none.
    """

    def __init__(
        self,
        profile: Profile,
        catalogue: Catalogue,
        kinds: Mapping[str, SettlementKind],
        *,
        org_code: str = "",
    ) -> None:
        self._profile = profile
        self._catalogue = catalogue
        self._kinds = kinds
        self._org_code = org_code

    def read(self, answer: SettlementAnswer) -> dict[str, Any]:
        """Return the entry of an answer, ready for the database: texts, decimals, None where nobody said a value."""
        kind = self._kinds[answer.interface_code]
        source = parsed(answer.input_data)
        asked = source if isinstance(source, Mapping) else {}
        told = {} if kind is SettlementKind.REVERSAL else self._settlement(answer)
        undone = {SettlementKind.REFUND: "setl_id", SettlementKind.REVERSAL: "omsgid"}.get(kind)
        setl_time = _moment(told.get("setl_time"))
        return {
            "response_id": answer.response_id,
            "request_id": answer.request_id,
            "interface_code": answer.interface_code,
            "org_code": answer.org_code or self._org_code,
            "kind": kind.value,
            "msgid": answer.msgid or _text(told.get("medins_setl_id")),
            "setl_id": _text(told.get("setl_id")),
            "mdtrt_id": _text(told.get("mdtrt_id")) or field_of(asked, "mdtrt_id"),
            "psn_no": _text(told.get("psn_no")) or field_of(asked, "psn_no"),
            **{name: _text(told.get(name)) for name in ("insutype", "clr_type", "clr_way", "clr_optins")},
            "setl_time": setl_time.isoformat(timespec="seconds") if setl_time else None,
            **{name: _amount(told.get(name)) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")},
            # 2208's cash is spelt so in one edition of the specification
            "psn_cash_pay": _amount(told.get("psn_cash_pay", told.get("pdn_cash_pay"))),
            "undoes": field_of(asked, undone) if undone else "",
        }

    def _settlement(self, answer: SettlementAnswer) -> Mapping[str, Any]:
        try:
            transaction = self._catalogue.get(answer.interface_code)
        except UnknownInterface:
            return {}  # switched off since: its answer is read by nobody, and a person sees that it lacks its amounts
        read = parse_answer(
            answer.response_data.encode("utf-8", "replace"),
            http_status=200,
            transaction=transaction,
            texts=self._profile.texts,
        )
        output = read.output if read.outcome is Outcome.OK else None
        node = output.get(transaction.output_node) if isinstance(output, Mapping) else None
        return node if isinstance(node, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _amount(value: Any) -> str | None:
    """Return an amount as plain digits; None where it is none that can be kept."""
    if value is None or isinstance(value, bool):
        return None
    amount = read_amount(str(value).strip())
    return None if amount is None else f"{amount:f}"


def _moment(value: Any) -> datetime | None:
    text = _text(value)
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the platform's local time, kept as it says it
        except ValueError:
            continue
    return None
