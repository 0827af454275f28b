"""One answer out of those of a request's parts: their rows in order, and of each row the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from mi_bridge.domain.exact_json import Number, read, write
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import PARTIAL, EndedPart, JoinedAnswer
from mi_bridge.domain.status import Status
from mi_bridge.insurer.verdict import Message

PARTS_KEY = "mi_parts"
"""Where the joined answer tells what became of each part; no name of the platform's begins so."""
_FAILED = -1004
_TIMED_OUT = -1005
_WORDS = {
    Status.ERROR: "未成功",
    Status.TIMEOUT: "超时未发送",
    Status.CANCELLED: "未发送",
    Status.REVERSED: "未生效",
}
# these say all there is to say; a reason would repeat it
_PLAIN = frozenset({Status.TIMEOUT})
_DIFFERS = object()


def join_answers(parts: Sequence[EndedPart]) -> JoinedAnswer:
    """Return the one answer of a divided request.

    Every part succeeded: the platform's answer, its output lists put together in the order of the rows, numbers as it wrote them.
    Otherwise what is true of each row: in words in ``err_msg``, as data in the answer's `PARTS_KEY`; the output is that of the rows
    that took effect. A single value that differs between the parts' outputs is left out: it is true of no whole.

    Args:
        parts: all of them, ended, in their order.
    """
    answered = [part for part in parts if part.status is Status.COMPLETED]
    if not answered:
        return _unanswered(parts)
    outcome = _outcome(parts, answered)
    told = "" if outcome == Outcome.OK else summary(parts)
    return JoinedAnswer(
        Status.COMPLETED,
        outcome=outcome,
        infcode=(answered[0].infcode or "0") if outcome == Outcome.OK else "-1",
        err_msg=told,
        response_data=write(_answer(parts, told)),
    )


def summary(parts: Sequence[EndedPart]) -> str:
    """Return in Chinese what became of which rows; neighbours of one fate are named together."""
    fates = []
    for fate, group in groupby(parts, _fate):
        members = list(group)
        fates.append(f"第 {members[0].first_row} 至 {members[-1].last_row} 行{fate}")
    return f"共 {parts[-1].last_row} 行，分 {len(parts)} 批：{'；'.join(fates)}"


def _outcome(parts: Sequence[EndedPart], answered: Sequence[EndedPart]) -> str:
    outcomes = {part.outcome for part in answered}
    if outcomes == {Outcome.REFUSED.value}:
        return Outcome.REFUSED
    whole = len(answered) == len(parts) and len(outcomes) == 1
    return outcomes.pop() if whole else PARTIAL


def _unanswered(parts: Sequence[EndedPart]) -> JoinedAnswer:
    statuses = {part.status for part in parts}
    status = statuses.pop() if len(statuses) == 1 else Status.ERROR
    code = _TIMED_OUT if status is Status.TIMEOUT else _FAILED
    return JoinedAnswer(status, error_code=code, error_message=summary(parts)[:500])


def _fate(part: EndedPart) -> str:
    if part.succeeded:
        return "已生效"
    if part.refused:
        return f"被拒绝：{part.err_msg}"
    if part.status is Status.COMPLETED:
        return f"结果可疑，请核实：{part.err_msg}"
    word = _WORDS[part.status]
    return f"{word}：{part.error_message}" if part.error_message and part.status not in _PLAIN else word


def _answer(parts: Sequence[EndedPart], told: str) -> Mapping[str, Any]:
    """Return the answer as the platform would have given it, on the last one's envelope that says yes."""
    messages = {part.number: _message(part) for part in parts}
    model = next((part for part in reversed(parts) if part.succeeded), None) or parts[0]
    envelope = dict(messages[model.number].envelope)
    if told:
        envelope |= {"infcode": _refusal(envelope.get("infcode")), "err_msg": told}
    outputs = [messages[part.number].output for part in parts if part.status is Status.COMPLETED]
    envelope["output"] = _whole(outputs)
    envelope[PARTS_KEY] = [_line(part, messages[part.number]) for part in parts]
    return envelope


def _message(part: EndedPart) -> Message:
    try:
        return Message.of(read(part.answer))
    except ValueError:
        return Message.of(None)


def _refusal(infcode: object) -> object:
    """Return the code of a refusal in the form this site writes codes."""
    return Number("-1") if isinstance(infcode, Number) else "-1"


def _line(part: EndedPart, message: Message) -> Mapping[str, Any]:
    return {
        "part_no": part.number,
        "first_row": part.first_row,
        "last_row": part.last_row,
        "result": _fate(part),
        "infcode": part.infcode,
        "msgid": part.msgid,
        "inf_refmsgid": message.word("inf_refmsgid"),
    }


def _whole(values: Sequence[Any]) -> Any:
    merged = _merged([value for value in values if value is not None])
    return None if merged is _DIFFERS else merged


def _merged(values: Sequence[Any]) -> Any:
    if not values:
        return None
    if all(isinstance(value, list) for value in values):
        return [row for value in values for row in value]
    if all(isinstance(value, Mapping) for value in values):
        return dict(_members(values))
    return values[0] if all(value == values[0] for value in values) else _DIFFERS


def _members(values: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    names = dict.fromkeys(name for value in values for name in value)
    for name in names:
        member = _merged([value[name] for value in values if value.get(name) is not None])
        if member is not _DIFFERS:
            yield name, member
