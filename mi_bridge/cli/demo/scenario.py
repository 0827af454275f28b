"""The demo's script, from ``config/demo``: which requests, in which order, and what must become of each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mi_bridge.errors import ConfigurationError
from mi_bridge.resources import folder


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expectation(_Part):
    """What must become of a step.

    Args:
        error_code: what HIS is told; 0 when the insurer answered.
        result_status: the result view's; empty where no request is queued.
        infcode: the insurer's code; empty for any.
        answer: values of the answer by their path; ``${name}`` stands for a fact.
    """

    error_code: int = 0
    result_status: str = ""
    infcode: str = ""
    answer: dict[str, str] = Field(default_factory=dict)


class Step(_Part):
    """One request.

    Args:
        name: what the hospital does, in Chinese.
        infno: the transaction.
        through: which procedures HIS uses.
        input: its input; ``${name}`` stands for a fact.
        business_key: makes it idempotent; empty for none.
        keep: facts to take from the answer, by name, each with its path.
        expect: what must become of it.
    """

    name: str
    infno: str
    through: Literal["call_wait", "call_view", "call_v2"]
    input: str
    business_key: str = ""
    keep: dict[str, str] = Field(default_factory=dict)
    expect: Expectation


class Scenario(_Part):
    """A whole script.

    Args:
        title: what it shows, in Chinese.
        facts: what is known from the start.
        step: the steps, in order.
    """

    title: str
    facts: dict[str, str]
    step: tuple[Step, ...] = Field(min_length=1)


def load_scenario(path: Path | None = None) -> Scenario:
    """Read a script; without a path the outpatient visit.

    Raises:
        ConfigurationError: the file cannot be read or is wrong; names file, key and fault.
    """
    file = path or folder("config") / "demo" / "outpatient.toml"
    try:
        return Scenario.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as fault:
        first = fault.errors()[0]
        raise ConfigurationError(f"{file}: {'.'.join(map(str, first['loc']))}", first["msg"]) from None
    except (OSError, ValueError) as fault:
        raise ConfigurationError(str(file), f"cannot be read ({fault})") from None
