"""The insurance centre: everything its transactions read and write, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import Reconciliation
from mi_bridge.simulator.accounts import Accounts
from mi_bridge.simulator.catalogues import Catalogues
from mi_bridge.simulator.clearing_books import ClearingBooks
from mi_bridge.simulator.clock import Clock
from mi_bridge.simulator.file_store import FileStore
from mi_bridge.simulator.fund import FundRules
from mi_bridge.simulator.items import Items
from mi_bridge.simulator.layouts import Layouts
from mi_bridge.simulator.ledger import Ledger
from mi_bridge.simulator.numbering import Numbering
from mi_bridge.simulator.people import Insurance, People, Person
from mi_bridge.simulator.settlement import Settlements
from mi_bridge.simulator.sign_in import SignIns
from mi_bridge.simulator.texts import Texts
from mi_bridge.simulator.visit import Visits


@dataclass(frozen=True, slots=True)
class Centre:
    """What a transaction works on. All of it lives in memory and changes on one thread only.

    Args:
        reversible: the transactions 2601 may reverse.
        reconciliation: how 3201 and 3202 look here.
    """

    clock: Clock
    catalogue: Catalogue
    texts: Texts
    people: People
    items: Items
    rules: FundRules
    layouts: Layouts
    numbering: Numbering
    ledger: Ledger
    visits: Visits
    settlements: Settlements
    sign_ins: SignIns
    files: FileStore
    catalogues: Catalogues
    reversible: frozenset[str]
    reconciliation: Reconciliation
    accounts: Accounts = field(default_factory=Accounts)
    books: ClearingBooks = field(default_factory=ClearingBooks)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        seed: int,
        clock: Clock,
        catalogue: Catalogue,
        reversible: frozenset[str],
        message_limit: int,
        catalogues: Catalogues,
        reconciliation: Reconciliation,
        sign_in_password: str,
    ) -> Centre:
        """Return a centre that has seen nothing yet.

        Args:
            folder: the data files.
            seed: decides every invented value.
            clock: tells the time.
            catalogue: the transactions that exist.
            reversible: those 2601 may reverse.
            message_limit: how many received messages the ledger keeps.
            catalogues: those that can be downloaded.
            reconciliation: how 3201 and 3202 look here.
            sign_in_password: the operators', where 9001 is checked for it.

        Raises:
            ConfigurationError: a data file is missing or malformed.
        """
        texts = Texts.load(folder)
        numbering = Numbering(seed)
        return cls(
            clock=clock,
            catalogue=catalogue,
            texts=texts,
            people=People.load(folder, seed, clock.now().date()),
            items=Items.load(folder, seed),
            rules=FundRules.load(folder),
            layouts=Layouts.load(folder),
            numbering=numbering,
            ledger=Ledger(clock.now, message_limit),
            visits=Visits(texts),
            settlements=Settlements(texts),
            files=FileStore(numbering),
            catalogues=catalogues,
            sign_ins=SignIns(sign_in_password),
            reversible=reversible,
            reconciliation=reconciliation,
        )

    def person(self, psn_no: str) -> Person:
        """Return the person of a ``psn_no``.

        Raises:
            RequestRefused: there is none.
        """
        person = self.people.by_psn_no(psn_no)
        if person is None:
            raise self.texts.refuse("person.unknown")
        return person

    def insurance(self, person: Person, insutype: str) -> Insurance:
        """Return a person's insurance of a type.

        Raises:
            RequestRefused: there is none that pays today.
        """
        insurance = person.insured(insutype)
        if insurance is None:
            raise self.texts.refuse("person.not_insured", insutype=insutype)
        return insurance
