"""What is wrong with a message: where, in the words HIS wrote, and whether that is sure."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value.

    Args:
        text: in Chinese, without the value; a coded field's value may stand in it.
        sure: whether every platform would refuse it; False where the tables leave a doubt.
    """

    text: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in its place.

    Args:
        path: the place, as HIS wrote it; rows are counted from 0, as ``JSON_VALUE`` counts them.
        text: the fault, in Chinese.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}：{self.text}"


@dataclass(slots=True)
class Findings:
    """The faults of one message: the first ones kept, all of them counted.

    Args:
        refuses: whether a sure fault refuses the message and a doubtful one is a warning; else a sure one is a warning, and a
            doubtful one, which may be the table's, is left out.
    """

    refuses: bool = False
    refused: list[Finding] = field(default_factory=list)
    warned: list[Finding] = field(default_factory=list)
    refused_count: int = 0
    warned_count: int = 0

    def add(self, path: str, text: str, *, sure: bool) -> None:
        """Take in one fault of the field tables."""
        if sure or self.refuses:
            self.put(path, text, refused=sure and self.refuses)

    def put(self, path: str, text: str, *, refused: bool) -> None:
        """Take in one fault that refuses the message, or does not."""
        if refused:
            self.refused_count += 1
        else:
            self.warned_count += 1
        kept = self.refused if refused else self.warned
        if len(kept) < MOST_KEPT:
            kept.append(Finding(path, text))

    def put_once(self, path: str, text: str, *, refused: bool) -> None:
        """Take in one fault, unless the same place is faulty already in a way that weighs as much."""
        known = self.refused if refused else [*self.refused, *self.warned]
        if all(finding.path != path for finding in known):
            self.put(path, text, refused=refused)

    def refusal(self, infno: str) -> str:
        """Return why the message is refused, in Chinese; empty when it is not."""
        if not self.refused:
            return ""
        text = f"交易 {infno} 的输入有 {self.refused_count} 处错误，没有发送：{told(self.refused, self.refused_count)}。"
        return text + (f"另有提醒 {self.warning()}" if self.warned else "")

    def warning(self) -> str:
        """Return what is doubtful about the message, in Chinese; empty when nothing is."""
        if not self.warned:
            return ""
        return f"{self.warned_count} 处：{told(self.warned, self.warned_count)}。"


def told(findings: list[Finding], count: int) -> str:
    """Return findings as one text, saying how many are left out."""
    rest = count - len(findings)
    return "；".join(map(str, findings)) + (f"；另有 {rest} 处" if rest else "")
