"""How a site wants its operators signed in (9001, 9002)."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mi_bridge.insurer.profile.part import Part, Pattern, Seconds

PLACEHOLDERS = frozenset(
    {
        "opter",
        "opter_name",
        "org_code",
        "mac",
        "ip",
        "time",
        "password",
        "password_md5",
        "password_md5_upper",
        "sign_no",
    }
)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _template(text: str) -> str:
    try:
        names = _names(text)
    except ValueError as fault:
        raise ValueError(f"is no template ({fault}); write a brace twice to mean itself") from fault
    unknown = sorted(names - PLACEHOLDERS)
    if unknown:
        raise ValueError(f"knows no {{{unknown[0]}}}; known: {', '.join(sorted(PLACEHOLDERS))}")
    return text


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("is no time of day; write it like 23:50")
    return text


Template = Annotated[str, AfterValidator(_template)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]


class SignIn(Part):
    """When and how operators are signed in at this site.

    How long a sign-in holds is nowhere published; one calendar day follows from 9002's "only the same day's sign-in can be
    ended". Nor is the text of a refusal that means "not signed in": hence ``texts``.

    Args:
        policy: ``never`` (the number stays empty, as many sites have it); ``daily``, each operator once a day before the first
            message; ``on_demand``, only after a refusal that asks for it.
        mac, ip: of the operator's workstation; sites are known to take placeholders.
        max_age_s: a number is used no longer, in seconds; with ``daily`` never past midnight either.
        texts: a definite refusal that matches one of these regular expressions means "not signed in, or no longer".
        exempt: transactions sent without a number; 9001 always is.
        in_fields: the input of 9001, as templates. Known: ``{opter}``, ``{opter_name}``, ``{org_code}``, ``{mac}``, ``{ip}``, ``{time}``
            (yyyyMMddHHmmss, local), ``{password}`` and ``{password_md5}`` (MD5 of time and password, as Guangzhou wants it; with
            ``_upper`` in capitals). The password is a setting, never in this file.
        out_fields: the input of 9002, the same way; ``{sign_no}`` is the number.
        timeout_s: deadline of a 9001, in seconds.
        patience_s: so long a request waits for a sign-in on its way, in seconds, before it goes back to the queue.
        pause_s: so long a number that was never accepted is not replaced, and a refused 9001 is not repeated, in seconds.
        sign_out: ``never``, or ``daily`` at ``sign_out_at`` (local time).
    """

    policy: Literal["never", "daily", "on_demand"] = "never"
    mac: Annotated[str, Field(min_length=1, max_length=20)] = "00-00-00-00-00-00"
    ip: Annotated[str, Field(min_length=1, max_length=20)] = "127.0.0.1"
    max_age_s: Annotated[float, Field(ge=60, le=604800)] = 86400.0
    texts: tuple[Pattern, ...] = ("签到",)
    exempt: tuple[str, ...] = ("9001",)
    in_fields: dict[str, Template] = Field(
        default_factory=lambda: {"opter_no": "{opter}", "mac": "{mac}", "ip": "{ip}"}
    )
    out_fields: dict[str, Template] = Field(
        default_factory=lambda: {"sign_no": "{sign_no}", "opter_no": "{opter}"}
    )
    timeout_s: Annotated[float, Field(ge=1, le=120)] = 10.0
    patience_s: Seconds = 5.0
    pause_s: Seconds = 10.0
    sign_out: Literal["never", "daily"] = "never"
    sign_out_at: TimeOfDay = "23:50"

    @property
    def needs_password(self) -> bool:
        """Whether a template asks for the operator's password."""
        templates = (*self.in_fields.values(), *self.out_fields.values())
        return any(name.startswith("password") for text in templates for name in _names(text))
