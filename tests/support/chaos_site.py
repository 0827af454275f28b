"""One hospital for a chaos test: a database, a simulated platform, and nodes that come and go."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos_audit import Audit, audit
from chaos_his import until
from chaos_processes import Fleet, Hurry, Node, SimulatorProcess
from mi_bridge.errors import StoreError
from mi_bridge.resources import folder
from mi_bridge.store.driver import load_pyodbc

ORG = "H99010100001"
LEASE_S, CALL_S = 5, 1.0
# by then no node sends (the lease), no call waits (its deadline), and the simulated platform has long acted
QUIET_S = LEASE_S + CALL_S + 1.5
_OPEN = ("PENDING", "CLAIMED", "SENDING", "UNCERTAIN", "REVERSING")
_SIMULATED_TIMES = {"call_timeout_s": CALL_S, "quiet_period_s": QUIET_S}


def write_profile(file: Path) -> Path:
    """Write the demo site's profile with short times."""
    lines = (folder("config") / "profiles" / "demo.toml").read_text("utf-8").splitlines()
    for key, value in _SIMULATED_TIMES.items():
        [place] = [number for number, line in enumerate(lines) if line.startswith(f"{key} =")]
        lines[place] = f"{key} = {value}"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


class Site:
    """The parts of one test.

    Args:
        database: ODBC connection string of a superuser.
        place: a folder of the test's own.
        fleet: starts nodes.
        platform: the insurer.
        profile: the site's file.
    """

    def __init__(
        self, database: str, place: Path, fleet: Fleet, platform: SimulatorProcess, profile: Path
    ) -> None:
        self.database = database
        self.platform = platform
        self._place = place
        self._fleet = fleet
        self._profile = profile
        self._numbers = itertools.count(1)
        self.nodes: list[Node] = []

    def start(
        self,
        name: str = "",
        *,
        hurry: Hurry | None = Hurry(),  # noqa: B008 - it is frozen
        trap: Sequence[Any] = (),
        clock_off_s: float = 0,
        stall_s: float = 0,
        ready: bool = True,
        **bridge: Any,
    ) -> Node:
        """Start a node.

        Args:
            name: its name; a new one when empty.
            hurry: shortened waits; None for the product's own.
            trap: where it is to die.
            clock_off_s: how far its machine's clock is ahead.
            stall_s: how long its journal's first call takes.
            ready: whether to wait until it takes requests.
            **bridge: keys of ``[bridge]``.
        """
        number = next(self._numbers)
        node = self._fleet.start(
            self.write_settings(name or f"node-{number}", number, **bridge),
            self._place / f"{number}.log",
            hurry=hurry,
            trap=trap,
            clock_off_s=clock_off_s,
            stall_s=stall_s,
        )
        self.nodes.append(node)
        if ready:
            until(lambda: self._has_started(node), f"the start of node {number}; see {node.log}")
        return node

    def _has_started(self, node: Node) -> bool:
        if node.running:
            return True
        status = node.ended(0)
        assert status is None, f"a node ended with {status} instead of starting:\n{self.last_words()}"
        return False

    def write_settings(self, name: str, number: int, **bridge: Any) -> Path:
        """Write a node's settings file; a JSON text or number is one of TOML too."""
        own = {"lease_s": LEASE_S, "renew_s": 1, "heartbeat_s": 1, "wait_max_ms": 1000, "drain_s": 5}
        values: dict[str, dict[str, Any]] = {
            "database": {"dialect": "postgresql", "connection_string": self.database},
            "insurer": {
                "profile": str(self._profile),
                "base_url": self.platform.base_url,
                "app_id": "demo",
                "app_secret": "demo-secret",
                "org_code": ORG,
                "org_name": "仿真市人民医院",
            },
            "bridge": {"node_name": name, **own, "retry_base_s": 0.05, "retry_cap_s": 0.5, **bridge},
            "reconciliation": {"at": ""},
            "schedule": {"catalogue_at": ""},
        }
        file = self._place / f"{number}.toml"
        lines = []
        for section, keys in values.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        file.chmod(0o600)
        return file

    def rows(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, on a connection of this question's own."""
        connection = load_pyodbc().connect(self.database, autocommit=True, timeout=5)
        try:
            return [tuple(row) for row in connection.execute(text, *parameters).fetchall()]
        finally:
            connection.close()

    def statuses(self) -> Counter[str]:
        """Count the rows by status."""
        return Counter(
            dict(
                self.rows("SELECT status, count(*)::integer FROM medical_insurance_requests GROUP BY status")
            )
        )

    def open_requests(self) -> Counter[str]:
        """Count what still moves, by status."""
        return Counter({status: count for status, count in self.statuses().items() if status in _OPEN})

    def rest(self, limit_s: float = 90.0) -> Counter[str]:
        """Wait until nothing moves any more but what waits for a person; return what there is, by status."""
        give_up = time.monotonic() + limit_s
        while (still := self.open_requests()) and still != Counter(PENDING=self.behind_manual()):
            assert time.monotonic() < give_up, (
                f"not at rest after {limit_s:g} s: {dict(still)}\n{self.last_words()}"
            )
            time.sleep(0.2)
        return self.statuses()

    def behind_manual(self) -> int:
        """Count what HIS's view of blocked keys says is held by a case for a person."""
        [(waiting,)] = self.rows(
            "SELECT coalesce(sum(waiting_count), 0)::integer FROM v_medical_insurance_blocked"
            " WHERE held_by_status = 'MANUAL'"
        )
        return int(waiting)

    def decide(self) -> int:
        """Be the person who asks the platform what became of a message that no inquiry and no reversal could clear up.

        Returns:
            how many cases were decided.
        """
        cases = self.rows(
            "SELECT request_id, original_msgid FROM v_medical_insurance_manual AS m"
            " WHERE NOT EXISTS (SELECT 1 FROM medical_insurance_requests AS r"
            " WHERE r.request_id = m.request_id AND r.quiet_until > now())"
        )
        standing = {
            effect["msgid"] for effect in self.platform.ledger()["effects"] if effect["state"] == "applied"
        }
        for request_id, msgid in cases:
            decision = "EFFECTIVE" if msgid in standing else "NOT_EFFECTIVE"
            self.rows(
                "CALL sp_medical_insurance_resolve(?, ?, '张主任', '已向平台核实')", request_id, decision
            )
        return len(cases)

    def last_words(self) -> str:
        """Return the end of the youngest nodes' logs."""
        youngest = [node for node in self.nodes[-3:] if node.log.exists()]
        return "\n".join(f"{node.log}:\n{node.log.read_text(errors='replace')[-1500:]}" for node in youngest)

    def audit(self, accepted: Sequence[int] = (), *, network_doubles: bool = False) -> Audit:
        """Compare the insurer's ledger with the views."""
        return audit(
            self.database,
            self.platform.ledger(),
            self.platform.messages(),
            accepted,
            network_doubles=network_doubles,
        )

    def reachable(self) -> bool:
        """Tell whether the database answers."""
        try:
            return bool(self.rows("SELECT 1"))
        except (StoreError, load_pyodbc().Error):
            return False
