"""Every other transaction of the catalogue: a plain success, and for what changes something an effect in the ledger."""

from __future__ import annotations

from typing import Any

from mi_bridge.insurer.catalogue import Kind
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.message import Message, named_person

_READ_ONLY = frozenset({Kind.QUERY, Kind.SEARCH, Kind.DOWNLOAD, Kind.TRIAL})
_FILE = "file_qury_no"


def succeed(centre: Centre, message: Message) -> Any:
    """Answer as if there were nothing to find, or as if what was asked had been done.

    A search finds nothing; a catalogue download finds nothing newer; another known output node holds an object that says
    no more than the message did.
    """
    transaction = centre.catalogue.get(message.infno)
    if transaction.kind not in _READ_ONLY:
        centre.ledger.apply(message, psn_no=named_person(message.input))
    if transaction.output_node == _FILE:
        return _nothing_newer(centre, message)
    if not transaction.output_node:
        return None
    searched = transaction.kind is Kind.SEARCH
    found = [] if searched else {"psn_no": named_person(message.input) or None, "exp_content": None}
    return {transaction.output_node: found}


def _nothing_newer(centre: Centre, message: Message) -> dict[str, Any]:
    number = centre.numbering.serial()
    return {
        _FILE: f"fsi/plc/{number:0>32}",
        "filename": f"{message.infno}-{number}.txt.zip",
        "dld_end_time": stamp(centre.clock.now()),
        "data_cnt": 0,
    }
