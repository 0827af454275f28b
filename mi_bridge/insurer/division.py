"""Divides an input that is too large for one call: whole rows, in their order, each as HIS wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from mi_bridge.domain.part import Part
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.input_text import InputText, shown
from mi_bridge.insurer.profile.division import Division


def fits_at_a_glance(text: str, rule: Division) -> bool:
    """Tell, without reading it, whether a text surely fits: each row has a brace, and each character four bytes at most."""
    few_rows = not rule.rows or text.count("{") <= rule.rows
    return few_rows and (not rule.bytes or len(text) * 4 <= rule.bytes)


def divide(source: InputText, node: str, rule: Division) -> tuple[Part, ...]:
    """Divide an input.

    Args:
        source: with its nodes in place.
        node: the list whose rows are divided, as this site calls it.
        rule: the site's.

    Returns:
        The parts in the order of their rows, each with every other node of the input; none when it fits into one call.

    Raises:
        MalformedInput: a row, or rows that must stay together, are too large for one call; names row and batch.
    """
    rows = source.members.get(node)
    if not isinstance(rows, list) or _fits(source, rows, rule):
        return ()
    sheet = _Sheet.of(source, node)
    spans = [_checked(span, rows, sheet, rule) for span in _spans(rows, rule.keep_together)]
    stops = rule.on_refusal == "stop"
    return tuple(
        Part(number, part.start + 1, len(part), sheet.filled(part), stops)
        for number, part in enumerate(_packed(spans, sheet, rule), start=1)
    )


def _fits(source: InputText, rows: list[Any], rule: Division) -> bool:
    few = not rule.rows or len(rows) <= rule.rows
    return few and (not rule.bytes or len(source.text.encode()) <= rule.bytes)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """An input cut at its rows.

    Args:
        node: the rows' node.
        before, after: the text around the rows, brackets included.
        rows: each row as it was written.
        frame: bytes of what stands around the rows.
        ends: bytes of the rows up to each, from 0.
    """

    node: str
    before: str
    after: str
    rows: tuple[str, ...]
    frame: int
    ends: tuple[int, ...]

    @classmethod
    def of(cls, source: InputText, node: str) -> _Sheet:
        start, end = source.places()[node]
        before, after = f"{source.text[:start]}[", f"]{source.text[end:]}"
        rows = source.rows(node)
        frame = len(before.encode()) + len(after.encode())
        ends = accumulate((len(row.encode()) for row in rows), initial=0)
        return cls(node, before, after, rows, frame, tuple(ends))

    def filled(self, part: range) -> str:
        """Return the input with these rows only."""
        return f"{self.before}{','.join(self.rows[part.start : part.stop])}{self.after}"

    def size(self, part: range) -> int:
        """Return the bytes of the input with these rows only."""
        return self.frame + self.ends[part.stop] - self.ends[part.start] + len(part) - 1

    def admits(self, part: range, rule: Division) -> bool:
        """Tell whether these rows go into one call."""
        few = not rule.rows or len(part) <= rule.rows
        return few and (not rule.bytes or self.size(part) <= rule.bytes)


def _spans(rows: Sequence[Any], field: str) -> Iterator[range]:
    """Yield the smallest runs of rows that may be parted from each other: rows of one batch, and whatever stands between them."""
    last = {batch: place for place, row in enumerate(rows) if (batch := _batch(row, field))}
    start = end = 0
    for place, row in enumerate(rows):
        end = max(end, last.get(_batch(row, field), place))
        if end == place:
            yield range(start, place + 1)
            start = end = place + 1


def _batch(row: Any, field: str) -> str:
    """Return what a row is kept together by; empty for one that stands alone."""
    value = row.get(field) if field and isinstance(row, dict) else None
    return str(value) if isinstance(value, str) else ""


def _packed(spans: Sequence[range], sheet: _Sheet, rule: Division) -> Iterator[range]:
    part = spans[0]
    for span in spans[1:]:
        wider = range(part.start, span.stop)
        if sheet.admits(wider, rule):
            part = wider
        else:
            yield part
            part = span
    yield part


def _checked(span: range, rows: Sequence[Any], sheet: _Sheet, rule: Division) -> range:
    if sheet.admits(span, rule):
        return span
    limits = [f"{rule.rows} 行"] * bool(rule.rows) + [f"{rule.bytes} 字节"] * bool(rule.bytes)
    over = f"超过本站每次调用的上限（{'、'.join(limits)}），无法分批，没有发送"
    first, size = span.start + 1, sheet.size(span)
    if len(span) == 1:
        raise MalformedInput(
            f"节点 {sheet.node} 的第 {first} 行单独成批即有 {size} 字节，{over}。请减少该行内容。"
        )
    batches = list(dict.fromkeys(_batch(rows[place], rule.keep_together) for place in span))
    named = "、".join(shown(batch) for batch in batches[:5] if batch)
    what = f"节点 {sheet.node} 第 {first} 至 {span.stop} 行（{len(span)} 行、{size} 字节）属于 {rule.keep_together} {named}"
    if len(batches) == 1:
        raise MalformedInput(f"{what}，必须一次上传，{over}。请拆成多个批次。")
    raise MalformedInput(f"{what}，各批次的行相互交错，必须一次上传，{over}。请把同一批次的行排在一起。")
