"""The nodes of an input: HIS may write bare fields, one node or several; the platform wants them exactly so.

Source of the layouts: the captions of the national interface specification, as the catalogue holds them. That a single
object was accepted where a list belongs is known of one province only (its profile says ``either_nodes``), so it is put into a list
everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.catalogue import Transaction
from mi_bridge.insurer.input_text import InputText, kind_of, shown


class NodePart(NamedTuple):
    """What HIS wrote of one node.

    Args:
        node: the node's national name; empty where the fields stand directly in ``input``.
        path: where it stands, as HIS wrote it; where HIS left it out, as HIS should have written it.
        value: as parsed; None where HIS left it out.
        single: whether the node holds one object and no rows.
    """

    node: str
    path: str
    value: Any
    single: bool


class NodeLayout:
    """How the input of one transaction is laid out at one site.

    Args:
        transaction: tells the nodes.
        site_names: the site's own node names, by national name.
    """

    def __init__(self, transaction: Transaction, site_names: Mapping[str, str] | None = None) -> None:
        names = site_names or {}
        self._infno = transaction.infno
        self._nodes = tuple(names.get(node, node) for node in transaction.input_nodes)
        self._either = frozenset(names.get(node, node) for node in transaction.either_nodes)
        # what a site takes both ways stays as HIS wrote it
        self._lists = frozenset(names.get(node, node) for node in transaction.list_nodes) - self._either
        # HIS may write the national or the site's name, in any case: a platform knows exactly one of them
        self._wire = {node.lower(): names.get(node, node) for node in transaction.input_nodes}
        self._wire |= {node.lower(): node for node in self._nodes}
        self._many = self._lists | self._either
        self._national = dict(zip(self._nodes, transaction.input_nodes, strict=True))

    def fit(self, source: InputText) -> str:
        """Return the text of ``input`` with its nodes in place, HIS's own characters inside.

        Raises:
            MalformedInput: the input fits neither as fields nor as nodes; names the node.
        """
        if {"infno", "input"} <= source.members.keys():
            raise MalformedInput(
                "输入里含有报文头（infno、input）。请只传入 input 之内的内容，报文头由接口程序生成。"
            )
        if not self._nodes:
            return source.text
        if not any(name.lower() in self._wire for name in source.members):
            return self._wrapped(source)
        changes = [self._check(name, value) for name, value in source.members.items()]
        return self._rewritten(source) if any(changes) else source.text

    def parts(self, source: InputText) -> Iterator[NodePart]:
        """Return the nodes of an input that fits, each where HIS wrote it; further ones of another edition under their own name."""
        members = source.members
        if not self._nodes:
            yield NodePart("", "input", members, single=True)
        elif not any(name.lower() in self._wire for name in members):
            yield self._part(self._nodes[0], "input", members)
        else:
            yield from self._written_parts(members)

    def _written_parts(self, members: dict[str, Any]) -> Iterator[NodePart]:
        written = {self._wire[name.lower()]: name for name in members if name.lower() in self._wire}
        for node in self._nodes:
            name = written.get(node, node)
            yield self._part(node, f"input.{shown(name)}", members.get(name))
        for name, value in members.items():
            if name.lower() not in self._wire and isinstance(value, dict | list):
                yield NodePart(name, f"input.{shown(name)}", value, single=False)

    def _part(self, node: str, path: str, value: Any) -> NodePart:
        return NodePart(self._national[node], path, value, single=node not in self._many)

    def _wrapped(self, source: InputText) -> str:
        self._check_bare(source.members)
        node = self._nodes[0]
        text = f"[{source.text}]" if node in self._lists else source.text
        return f"{{{json.dumps(node)}:{text}}}"

    def _check_bare(self, members: dict[str, Any]) -> None:
        if len(self._nodes) > 1:
            raise MalformedInput(
                f"交易 {self._infno} 的输入由节点 {'、'.join(self._nodes)} 组成，现在一个也没有。请写成 {self._pattern()}。"
            )
        if members and all(_looks_like_node(value) for value in members.values()):
            name = shown(next(iter(members)))
            raise MalformedInput(
                f"交易 {self._infno} 没有节点 {name}，应为 {self._nodes[0]}。请写成 {self._pattern()}。"
            )

    def _pattern(self) -> str:
        parts = (f'"{node}": {"[…]" if node in self._lists else "{…}"}' for node in self._nodes)
        return f"{{{', '.join(parts)}}}"

    def _check(self, name: str, value: Any) -> bool:
        """Tell whether this member must be written anew; refuse it when it cannot be sent at all."""
        node = self._wire.get(name.lower())
        if node is None:
            return self._check_foreign(name, value)
        if value is None and len(self._nodes) > 1:
            return node != name
        if not isinstance(value, dict | list):
            raise self._unfit(node, value)
        if isinstance(value, list):
            self._check_list(node, value)
            return node != name
        return node != name or node in self._lists

    def _check_foreign(self, name: str, value: Any) -> bool:
        # a site's further nodes pass; a bare field beside nodes would be lost on the way
        if value is None or isinstance(value, dict | list):
            return False
        raise MalformedInput(
            f"字段 {shown(name)} 与节点并列，平台读不到。请把它放进节点 {self._nodes[0]}，写成 {self._pattern()}。"
        )

    def _check_list(self, node: str, rows: list[Any]) -> None:
        if node not in self._lists and node not in self._either:
            raise self._unfit(node, rows)
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict):
                raise MalformedInput(
                    f"节点 {node} 的第 {number} 项应为对象，现为{kind_of(row)}。请改为 {{…}}。"
                )

    def _unfit(self, node: str, value: Any) -> MalformedInput:
        wanted = "数组" if node in self._lists else "对象"
        pattern = "[{…}]" if node in self._lists else "{…}"
        return MalformedInput(f"节点 {node} 应为{wanted}，现为{kind_of(value)}。请写成 {pattern}。")

    def _rewritten(self, source: InputText) -> str:
        written: dict[str, str] = {}
        for name, text in source.slices().items():
            node = self._wire.get(name.lower(), name)
            if node in written:
                raise MalformedInput(f"节点 {shown(node)} 出现两次。请只保留一个。")
            single = node in self._lists and isinstance(source.members[name], dict)
            written[node] = f"[{text}]" if single else text
        members = (f"{json.dumps(node, ensure_ascii=False)}:{text}" for node, text in written.items())
        return f"{{{','.join(members)}}}"


def _looks_like_node(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(row, dict) for row in value)
    return isinstance(value, dict)
