"""What can be made to go wrong, and for which messages: the schema of ``POST /_simulator/faults``.

A rule is a flat object. Common to all: ``fault``, ``infno`` (one code, several, or ``*``), ``probability`` (0 to 1),
``times`` (for the next so many matching messages only), ``skip`` (not for the first so many). The other fields belong to
single faults; `PARAMETERS` says which, and what each is when it is left out.
"""

from __future__ import annotations

import math
import random
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Fault(StrEnum):
    """Every way to misbehave."""

    LATENCY = "latency"
    """Works slowly, then answers. Works on after the client has given up."""
    REFUSE_CONNECTIONS = "refuse_connections"
    """Stops listening for a while and drops every connection."""
    RESET_ON_ACCEPT = "reset_on_accept"
    """Resets the next new connections before a byte is read."""
    RESET_BEFORE = "reset_before"
    """Reads the message, resets the connection, does not act."""
    RESET_AFTER = "reset_after"
    """Acts, then resets the connection."""
    SILENCE_BEFORE = "silence_before"
    """Neither acts nor answers."""
    SILENCE_AFTER = "silence_after"
    """Acts and never answers."""
    HALF_ANSWER = "half_answer"
    """Acts, sends half of the answer and closes."""
    DRIPPING = "dripping"
    """Acts and sends the answer a few bytes at a time."""
    ERROR_BEFORE = "error_before"
    """Answers with a 5xx without acting."""
    ERROR_AFTER = "error_after"
    """Acts, then answers with a 5xx."""
    UNAUTHORISED = "unauthorised"
    """The gateway's 401; not executed."""
    BUSY = "busy"
    """A definite refusal: the same business is under way; not executed."""
    DUPLICATE = "duplicate"
    """Works on the message twice, as if the network had delivered it twice."""
    ACT_LATE = "act_late"
    """Acts only after some seconds, also when the client has gone by then."""
    TRAILING_COMMA = "trailing_comma"
    """The answer is no valid JSON: a comma before its last brace."""
    ZERO_WITH_ERROR = "zero_with_error"
    """infcode "0" together with an error text."""
    SUCCESS_TEXT = "success_text"
    """infcode 0 together with the harmless text success."""
    NO_OUTPUT = "no_output"
    """infcode 0 without the output."""
    TEXT_INFCODE = "text_infcode"
    """infcode as text instead of a number."""
    GBK = "gbk"
    """The answer in GBK instead of UTF-8."""
    EMPTY_BODY = "empty_body"
    """HTTP 200 and nothing in it."""
    HTML_BODY = "html_body"
    """HTTP 200 and a page for people."""
    HSAF_ERROR = "hsaf_error"
    """The platform's framework reports an exception, without an infcode."""


PARAMETERS: dict[Fault, dict[str, Any]] = {
    Fault.LATENCY: {
        "distribution": "fixed",
        "ms": 100.0,
        "from_ms": 0.0,
        "to_ms": 100.0,
        "median_ms": 100.0,
        "sigma": 0.5,
    },
    Fault.REFUSE_CONNECTIONS: {"seconds": 1.0},
    Fault.SILENCE_BEFORE: {"seconds": 3600.0},
    Fault.SILENCE_AFTER: {"seconds": 3600.0},
    Fault.ACT_LATE: {"seconds": 5.0},
    Fault.DRIPPING: {"chunk_bytes": 1, "interval_ms": 20.0},
    Fault.ERROR_BEFORE: {"status": 503},
    Fault.ERROR_AFTER: {"status": 502},
    Fault.DUPLICATE: {"answer": "first"},
    Fault.ZERO_WITH_ERROR: {"acts": False},
    Fault.EMPTY_BODY: {"acts": True},
    Fault.HTML_BODY: {"acts": True},
    Fault.HSAF_ERROR: {"acts": True},
}

_CONNECTION_FAULTS = frozenset({Fault.REFUSE_CONNECTIONS, Fault.RESET_ON_ACCEPT})


def _codes(value: object) -> object:
    if value == "*":
        return ()
    return (value,) if isinstance(value, str) else value


class FaultRule(BaseModel):
    """One rule.

    Args:
        fault: what happens.
        infno: to which transactions; empty for all.
        probability: how often, from 0 to 1.
        times: how many matching messages at most; None without end.
        skip: how many matching messages are spared first.
        distribution, ms, from_ms, to_ms, median_ms, sigma: latency: ``fixed`` takes ``ms``, ``uniform`` ``from_ms`` to
            ``to_ms``, ``lognormal`` ``median_ms`` and ``sigma``, the standard deviation of the logarithm.
        seconds: how long, for refuse_connections, silence_before, silence_after, act_late.
        chunk_bytes, interval_ms: dripping: so many bytes in each such interval.
        status: error_before, error_after: the HTTP status.
        answer: duplicate: which of the two answers the client gets, ``first`` or ``second``.
        acts: zero_with_error, empty_body, html_body, hsaf_error: whether the message is executed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: Fault
    infno: Annotated[tuple[str, ...], BeforeValidator(_codes)] = ()
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    times: Annotated[int, Field(ge=1)] | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    distribution: Literal["fixed", "uniform", "lognormal"] | None = None
    ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    from_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    to_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    median_ms: Annotated[float, Field(gt=0, le=3_600_000)] | None = None
    sigma: Annotated[float, Field(ge=0, le=5)] | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None
    chunk_bytes: Annotated[int, Field(ge=1)] | None = None
    interval_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    status: Annotated[int, Field(ge=500, le=599)] | None = None
    answer: Literal["first", "second"] | None = None
    acts: bool | None = None

    @model_validator(mode="after")
    def _parameters_belong(self) -> FaultRule:
        common = {"fault", "infno", "probability", "times", "skip"}
        allowed = PARAMETERS.get(self.fault, {})
        foreign = sorted(self.model_fields_set - common - allowed.keys())
        if foreign:
            known = ", ".join(allowed) or "none of its own"
            raise ValueError(f"{self.fault} does not know {', '.join(foreign)}; its parameters: {known}")
        if self.of_connection and self.infno:
            raise ValueError(f"{self.fault} happens before a transaction is known: leave infno out")
        return self

    @model_validator(mode="after")
    def _range_is_one(self) -> FaultRule:
        if self.fault is Fault.LATENCY and self.value("from_ms") > self.value("to_ms"):
            raise ValueError("from_ms is greater than to_ms")
        return self

    @property
    def of_connection(self) -> bool:
        """Whether it strikes connections instead of messages."""
        return self.fault in _CONNECTION_FAULTS

    def value(self, parameter: str) -> Any:
        """Return a parameter: as given, else what it is when left out."""
        given = getattr(self, parameter)
        return PARAMETERS[self.fault][parameter] if given is None else given

    def matches(self, infno: str) -> bool:
        """Tell whether a transaction is meant."""
        return not self.infno or infno in self.infno

    def draw_latency(self, chance: random.Random) -> float:
        """Return how long this message takes, in seconds."""
        match self.value("distribution"):
            case "uniform":
                ms = chance.uniform(self.value("from_ms"), self.value("to_ms"))
            case "lognormal":
                ms = chance.lognormvariate(math.log(self.value("median_ms")), self.value("sigma"))
            case _:
                ms = self.value("ms")
        return float(ms) / 1000

    @classmethod
    def parse(cls, text: str) -> FaultRule:
        """Read a rule as the command line writes it: ``reset_after,infno=2207,times=1``.

        Several codes are joined with ``+``.

        Raises:
            ValueError: a part is no ``key=value``, or the rule makes no sense; the text says which and why.
        """
        name, *parts = text.split(",")
        values: dict[str, Any] = {"fault": name.strip()}
        for part in parts:
            key, sign, value = part.partition("=")
            if not sign:
                raise ValueError(f"'{part}' is no key=value")
            values[key.strip()] = value.strip()
        if values.get("infno", "*") != "*":
            values["infno"] = tuple(values["infno"].split("+"))
        return cls.model_validate(values)
