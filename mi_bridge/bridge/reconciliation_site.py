"""Puts a site's reconciler together."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mi_bridge.bridge.reconciler import Reconciler, ReconcilerOptions
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.client import FileClient
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.store.reconciliation_port import ReconciliationStore
from mi_bridge.traffic.clearing import Clearing


def build_reconciler(
    client: InsurerClient,
    store: ReconciliationStore,
    *,
    node_id: str,
    org_code: str,
    quarantine: Path | None = None,
) -> Reconciler:
    """Return a reconciler of the client's site.

    Args:
        client: asks the platform.
        store: used by nobody else meanwhile; gives the message numbers.
        node_id: who runs it.
        org_code: the organisation of requests that name none.
        quarantine: where result files are kept that cannot be read; None keeps none.

    Raises:
        CatalogueError: the rules of settlements cannot be used.
    """
    profile, rules = client.profile, load_settlement_rules()
    site = profile.reconciliation

    async def number(sender: str) -> str:
        return number_msgid(sender, await asyncio.to_thread(store.take_msgids, 1))

    return Reconciler(
        store,
        Clearing(client, FileClient(client), profile, rules, number, quarantine=quarantine),
        EntryReader(profile, client.catalogue, rules.kinds, org_code=org_code),
        rules.kinds,
        ReconcilerOptions(
            node_id=node_id,
            org_code=org_code,
            clearing_agency=site.clearing_agency or profile.mdtrtarea_admvs,
            lists_all=site.result_rows == "all",
        ),
    )
