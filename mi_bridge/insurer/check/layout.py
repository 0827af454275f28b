"""The tables of one interface, with a site's own facts on top, compiled once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from mi_bridge.errors import ProfileError
from mi_bridge.insurer.check.dictionary import Dictionary, find_dictionary
from mi_bridge.insurer.check.field import Field, FieldType, Need
from mi_bridge.insurer.check.field_table import borrowed_layouts, read_fields, size_of
from mi_bridge.insurer.check.node_check import NodeCheck
from mi_bridge.insurer.profile.checks import Checks, FieldChecks, InterfaceChecks


def compile_layout(infno: str, checks: Checks) -> dict[str, NodeCheck]:
    """Return the checks of an interface's nodes, by node; empty where nobody published its fields.

    Args:
        infno: the interface.
        checks: the site's own facts.

    Raises:
        CatalogueError: a table cannot be read.
        ProfileError: the site's facts do not fit the table; names the key.
    """
    own = checks.interfaces.get(infno, InterfaceChecks())
    fields = _overridden(infno, _fields(infno, own.layout), own)
    return _tree(fields, checks)


def _fields(infno: str, chosen: str) -> tuple[Field, ...]:
    if chosen:
        fields = read_fields(chosen)
        if not fields:
            raise ProfileError(f"checks.interfaces.{infno}.layout", f"names no table: {chosen!r}")
        return fields
    lender = borrowed_layouts().get(infno)
    return tuple(map(_doubted, read_fields(lender))) if lender else read_fields(infno)


def _doubted(field: Field) -> Field:
    return replace(field, need=Need.DOUBTED) if field.need else field


def _overridden(infno: str, fields: tuple[Field, ...], own: InterfaceChecks) -> tuple[Field, ...]:
    known = {f"{field.node}.{field.name}".lstrip("."): field for field in fields}
    for path, change in own.fields.items():
        key = f'checks.interfaces.{infno}.fields."{path}"'
        known[path] = _changed(key, known.get(path) or _new(key, path, change), change)
    return tuple(known.values())


def _new(key: str, path: str, change: FieldChecks) -> Field:
    if change.type is None:
        raise ProfileError(key, "is in no table", remedy="Correct the node and name, or add a type.")
    node, _, name = path.rpartition(".")
    return Field(node, name)


def _changed(key: str, field: Field, change: FieldChecks) -> Field:
    kind = FieldType(change.type) if change.type else field.type
    changes: dict[str, object] = {"type": kind}
    if change.required is not None:
        changes |= {"need": Need.YES if change.required else Need.NO, "when": ""}
    if change.values is not None:
        changes["values"] = change.values
    if change.length is not None:
        try:
            changes["length"], changes["scale"] = size_of(kind, str(change.length))
        except ValueError as fault:
            raise ProfileError(f"{key}.length", str(fault)) from None
    return replace(field, **changes)  # type: ignore[arg-type]


def _tree(fields: Iterable[Field], checks: Checks) -> dict[str, NodeCheck]:
    by_node: dict[str, list[Field]] = {}
    for field in fields:
        by_node.setdefault(field.node, []).append(field)
    for node in list(by_node):
        by_node.setdefault(node.rpartition(".")[0] or node, [])
    nodes = {node: NodeCheck(found, partial(_dictionary, checks=checks)) for node, found in by_node.items()}
    roots = {}
    for node, check in nodes.items():
        parent, _, name = node.rpartition(".")
        holder = nodes.get(parent) if node else None
        if holder is None:
            roots[node] = check
        else:
            holder.adopt(name, check)
    return roots


def _dictionary(field: Field, checks: Checks) -> Dictionary | None:
    if field.values:
        return Dictionary(field.name, frozenset(field.values), closed=True)
    if not field.dictionary:
        return None
    own = checks.dictionaries.get(field.dictionary)
    return (
        Dictionary(field.dictionary, frozenset(own), closed=True)
        if own
        else find_dictionary(field.dictionary)
    )
