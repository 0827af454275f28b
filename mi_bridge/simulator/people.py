"""The insured: a few named people, and one invented for every other identity number of region 990101."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

from mi_bridge.simulator.draws import choose, draw
from mi_bridge.simulator.tables import read_toml

_IDENTITY_NUMBER = re.compile(r"(\d{6})(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dX]")
_ACTIVE = "1"
_OLDEST = 120  # years; an identity number that says more is a slip of the pen


class Insurance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One insurance of a person; field names are the platform's (1101, node insuinfo)."""

    insutype: str
    psn_type: str
    balc: Decimal
    psn_insu_date: str
    emp_name: str
    psn_insu_stas: str = _ACTIVE
    paus_insu_date: str | None = None
    cvlserv_flag: str = "0"
    insuplc_admdvs: str = ""

    @property
    def active(self) -> bool:
        """Whether it pays today."""
        return self.psn_insu_stas == _ACTIVE


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One insured person; field names are the platform's (1101, node baseinfo)."""

    psn_no: str
    certno: str
    psn_name: str
    gend: str
    naty: str
    brdy: str
    insurance: tuple[Insurance, ...]
    card_no: str = ""
    voucher: str = ""
    psn_cert_type: str = "01"
    invented: bool = False

    def insured(self, insutype: str) -> Insurance | None:
        """Return the person's insurance of a type, if it pays today."""
        return next((one for one in self.insurance if one.insutype == insutype and one.active), None)

    def age(self, today: date) -> Decimal:
        """Return the age in years, one decimal, as the platform gives it."""
        return (Decimal((today - date.fromisoformat(self.brdy)).days) / Decimal("365.25")).quantize(
            Decimal("0.1")
        )


class Certificates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of ``psn_cert_type``: those of an identity card, and all that exist."""

    identity: tuple[str, ...]
    known: tuple[str, ...]


class Vouchers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of ``mdtrt_cert_type``."""

    electronic: str
    identity: str
    card: str


class AgeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people of certain ages are insured; balances in whole yuan."""

    ages: tuple[int, int]
    insutype: str
    psn_type: str
    balance: tuple[int, int]


class Invention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What invented people are made of."""

    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    nationalities: tuple[str, ...]
    employers: tuple[str, ...]
    civil_servant_in: int
    insured_since_year: int
    groups: tuple[AgeGroup, ...]


class PeopleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``people.toml``."""

    regions: dict[str, str]
    certificates: Certificates
    vouchers: Vouchers
    invented: Invention
    person: tuple[Person, ...]


class People:
    """Finds people by the numbers a HIS knows them by.

    Args:
        file: the data file.
        seed: the simulator's seed; another seed invents other people.
        today: the day ages are counted to.
    """

    def __init__(self, file: PeopleFile, seed: int, today: date) -> None:
        self.file = file
        self.home = file.regions["home"]
        self._seed = seed
        self._today = today
        self._by_psn_no = {person.psn_no: person for person in file.person}
        self._by_voucher = {number: person for person in file.person for number in _numbers(person)}

    @classmethod
    def load(cls, folder: Path, seed: int, today: date) -> People:
        """Read ``people.toml`` of a folder.

        Raises:
            ConfigurationError: the file is missing or malformed.
        """
        return cls(read_toml(folder / "people.toml", PeopleFile), seed, today)

    def by_psn_no(self, psn_no: str) -> Person | None:
        """Return the person of a ``psn_no``; invented people have their identity number for one."""
        return self._by_psn_no.get(psn_no) or self._invented(psn_no)

    def by_voucher(self, number: str) -> Person | None:
        """Return the person of an identity number, a card number or an electronic voucher."""
        return self._by_voucher.get(number) or self._invented(number)

    def _invented(self, number: str) -> Person | None:
        born = _birth_date(number, self.home)
        if born is None or not 0 <= self._today.year - born.year <= _OLDEST or born > self._today:
            return None
        if number in self._by_voucher:
            return None
        person = self._invent(number, born)
        self._by_psn_no[number] = self._by_voucher[number] = person
        return person

    def _invent(self, number: str, born: date) -> Person:
        source = self.file.invented
        name = choose(source.surnames, self._seed, "surname", number) + choose(
            source.given_names, self._seed, number
        )
        return Person(
            psn_no=number,
            certno=number,
            psn_name=name,
            gend="1" if int(number[16]) % 2 else "2",
            naty=choose(source.nationalities, self._seed, "naty", number),
            brdy=born.isoformat(),
            insurance=self._insure(number, born),
            invented=True,
        )

    def _insure(self, number: str, born: date) -> tuple[Insurance, ...]:
        source = self.file.invented
        years = (self._today - born).days // 365
        group = next(one for one in source.groups if one.ages[0] <= years <= one.ages[1])
        employed = group.insutype == "310"
        servant = employed and draw(source.civil_servant_in, self._seed, "servant", number) == 0
        main = Insurance(
            insutype=group.insutype,
            psn_type=group.psn_type,
            balc=self._balance(number, group),
            psn_insu_date=f"{max(source.insured_since_year, born.year)}-07-01",
            emp_name=choose(source.employers, self._seed, "employer", number) if employed else "",
            cvlserv_flag="1" if servant else "0",
        )
        return (main,)

    def _balance(self, number: str, group: AgeGroup) -> Decimal:
        least, most = group.balance
        return Decimal(least * 100 + draw((most - least) * 100 + 1, self._seed, "balance", number)) / 100


def _numbers(person: Person) -> tuple[str, ...]:
    return tuple(number for number in (person.certno, person.card_no, person.voucher) if number)


def _birth_date(number: str, region: str) -> date | None:
    match = _IDENTITY_NUMBER.fullmatch(number)
    if match is None or match[1] != region:
        return None
    try:
        return date(int(match[2]), int(match[3]), int(match[4]))
    except ValueError:
        return None
