"""A visit: a registration at the outpatient desk or a stay on a ward, with its details and its settlement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mi_bridge.simulator.fields import Node
from mi_bridge.simulator.items import Grading
from mi_bridge.simulator.people import Insurance, Person
from mi_bridge.simulator.texts import Texts


class Setting(StrEnum):
    """Where a person is treated."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"


@dataclass(slots=True)
class Detail:
    """One uploaded fee detail; ``settled_by`` is the settlement it went into, empty before."""

    feedetl_sn: str
    batch: str
    row: Node = field(repr=False)
    cnt: Decimal
    pric: Decimal
    grading: Grading
    effect: int
    settled_by: str = ""


@dataclass(slots=True)
class Visit:
    """One visit, and where it stands."""

    mdtrt_id: str
    setting: Setting
    org_code: str
    org_name: str
    person: Person = field(repr=False)
    insurance: Insurance = field(repr=False)
    ipt_otp_no: str
    begun: datetime
    effect: int
    facts: Node = field(default_factory=dict, repr=False)
    med_type: str = ""
    details: dict[str, Detail] = field(default_factory=dict, repr=False)
    settlement: str = ""
    cancelled: bool = False
    discharged: datetime | None = None
    discharge_effect: int = 0

    @property
    def in_hospital(self) -> bool:
        """Whether the person lies on a ward because of this visit."""
        return self.setting is Setting.INPATIENT and not self.cancelled and self.discharged is None


class Visits:
    """Every visit there ever was.

    Args:
        texts: how the platform refuses.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._by_id: dict[str, Visit] = {}
        self._by_person: dict[str, list[Visit]] = {}

    def __iter__(self) -> Iterator[Visit]:
        return iter(self._by_id.values())

    def add(self, visit: Visit) -> None:
        """Enter a new visit."""
        self._by_id[visit.mdtrt_id] = visit
        self._by_person.setdefault(visit.person.psn_no, []).append(visit)

    def of(self, psn_no: str) -> list[Visit]:
        """Return a person's visits, oldest first."""
        return self._by_person.get(psn_no, [])

    def find(self, org_code: str, mdtrt_id: str, psn_no: str) -> Visit:
        """Return a visit, cancelled or not.

        Raises:
            RequestRefused: this institution has none of that number, or it is another person's.
        """
        visit = self._by_id.get(mdtrt_id)
        if visit is None or visit.org_code != org_code:
            raise self._texts.refuse("visit.unknown", mdtrt_id=mdtrt_id)
        if visit.person.psn_no != psn_no:
            raise self._texts.refuse("visit.wrong_person", mdtrt_id=mdtrt_id)
        return visit

    def open(self, org_code: str, node: Node, setting: Setting) -> Visit:
        """Return the visit a node names, if work on it may go on.

        Raises:
            RequestRefused: there is none, it is another person's, of the other setting, or cancelled.
        """
        mdtrt_id = str(node.get("mdtrt_id"))
        visit = self.find(org_code, mdtrt_id, str(node.get("psn_no")))
        if visit.setting is not setting:
            raise self._texts.refuse("visit.wrong_kind", mdtrt_id=mdtrt_id)
        if visit.cancelled:
            raise self._texts.refuse("visit.cancelled", mdtrt_id=mdtrt_id)
        return visit

    def open_unsettled(self, org_code: str, node: Node, setting: Setting) -> Visit:
        """Return the visit a node names, if it is open and no settlement of it stands.

        Raises:
            RequestRefused: as `open`, or it is settled.
        """
        visit = self.open(org_code, node, setting)
        if visit.settlement:
            raise self._texts.refuse("visit.settled", psn_name=visit.person.psn_name)
        return visit
