"""Looks at every message before it leaves, by the tables of its interface.

What happens to a faulty message is the profile's choice (`mi_bridge.insurer.profile.checks.Checks`): ``refuse`` refuses what is
surely wrong and warns of what is doubtful; ``warn`` warns of what is surely wrong, ``off`` looks at nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.catalogue import Transaction
from mi_bridge.insurer.check.finding import Findings
from mi_bridge.insurer.check.layout import compile_layout
from mi_bridge.insurer.check.node_check import NodeCheck
from mi_bridge.insurer.nodes import NodePart
from mi_bridge.insurer.profile.checks import Checks
from mi_bridge.insurer.rules.rule import Rule
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.insurer.rules.scene import Scene


class Examiner:
    """Checks the messages of one site; each interface's tables are read when its first message comes.

    Args:
        checks: the site's choice.
        rules: the quality rules; the shipped ones when None.

    Raises:
        CatalogueError: a table the site changes cannot be read.
        ProfileError: a change does not fit its table; names the key.
    """

    def __init__(self, checks: Checks, rules: RuleBook | None = None) -> None:
        self._checks = checks
        self._rules = rules or RuleBook()
        # what a site changes is read at once, so that its mistakes are found before the first message
        self._layouts = {infno: compile_layout(infno, checks) for infno in checks.interfaces}

    def examine(self, transaction: Transaction, parts: Iterable[NodePart]) -> Findings | None:
        """Look at a message; None where nothing is wrong with it.

        Args:
            transaction: the interface.
            parts: its nodes, as HIS wrote them.

        Raises:
            MalformedInput: it is refused; the Chinese message names every place and fault.
        """
        infno = transaction.infno
        mode = self._checks.mode_of(infno)
        if mode == "off":
            return None
        findings = Findings(refuses=mode == "refuse")
        layout, written = self._layout(infno), list(parts)
        for part in written:
            _look(layout.get(part.node), part, findings)
        if self._checks.rules != "off":
            self._judge(infno, written, findings)
        refusal = findings.refusal(infno)
        if refusal:
            raise MalformedInput(refusal)
        return findings if findings.warned else None

    def _judge(self, infno: str, parts: list[NodePart], findings: Findings) -> None:
        rules = self._rules.rules_of(self._checks.layout_of(infno))
        if not rules:
            return
        scene = Scene(parts)
        for rule in rules:
            refused = self._refuses(rule, findings)
            for path in rule.look(scene):
                findings.put_once(path, rule.message, refused=refused)

    def _refuses(self, rule: Rule, findings: Findings) -> bool:
        if self._checks.rules == "warn":
            return False
        return rule.text.severity == "refuse" or (rule.text.severity == "site" and findings.refuses)

    def _layout(self, infno: str) -> dict[str, NodeCheck]:
        layout = self._layouts.get(infno)
        if layout is None:
            layout = self._layouts[infno] = compile_layout(infno, self._checks)
        return layout


def _look(check: NodeCheck | None, part: NodePart, findings: Findings) -> None:
    if check is None:
        return
    if isinstance(part.value, dict | list):
        check.look(part.value, part.path, findings)
    elif part.single and check.asks:
        findings.add(part.path, "必填，缺失", sure=True)
