"""The platform's catalogues: which are there, and how each is made up now."""

from __future__ import annotations

from mi_bridge.insurer.catalogue_kind import CatalogueKind
from mi_bridge.simulator.catalogue_content import CatalogueContent
from mi_bridge.simulator.catalogue_order import CatalogueOrder


class Catalogues:
    """All catalogues of one platform.

    Args:
        kinds: by transaction.
        seed: decides their content.
        order: how they are made up at first.
    """

    def __init__(self, kinds: dict[str, CatalogueKind], seed: int, order: CatalogueOrder) -> None:
        self._kinds = kinds
        self._seed = seed
        self._orders = {"*": order}
        self._contents: dict[str, CatalogueContent] = {}

    def order(self, order: CatalogueOrder) -> bool:
        """Make a catalogue up anew; tell whether there is one of that name."""
        if order.infno != "*" and order.infno not in self._kinds:
            return False
        self._orders[order.infno] = order
        self._contents.clear()
        return True

    def view(self) -> list[dict[str, object]]:
        """Return the orders in force."""
        return [order.model_dump(mode="json") for order in self._orders.values()]

    def find(self, infno: str) -> tuple[CatalogueKind, CatalogueContent] | None:
        """Return a catalogue; None where the transaction is none."""
        kind = self._kinds.get(infno)
        if kind is None:
            return None
        if infno not in self._contents:
            order = self._orders.get(infno, self._orders["*"])
            self._contents[infno] = CatalogueContent(kind, order, self._seed)
        return kind, self._contents[infno]
