"""9001 签到 and 9002 签退."""

from __future__ import annotations

from mi_bridge.errors import RequestRefused
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.ledger import State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.sign_in import SignIn

EXEMPT = frozenset({"9001"})
"""Transactions that need no sign-in; no list of them was ever published, this one follows from logic."""


def sign_in(centre: Centre, message: Message) -> Node:
    """9001: give out a sign-in number.

    Raises:
        RequestRefused: it was told to, or the password is wrong.
    """
    if centre.sign_ins.refusal:
        raise RequestRefused(centre.sign_ins.refusal)
    asked = message.node("signIn")
    if not centre.sign_ins.knows_password(text(asked, "password"), text(asked, "currenttime")):
        raise centre.texts.refuse("sign_in.password")
    now = centre.clock.now()
    number = centre.numbering.sign_in()
    effect = centre.ledger.apply(message)
    centre.sign_ins.begin(number, SignIn(message.org_code, now.date(), effect.number))
    values = {"sign_no": number, "sign_time": stamp(now)}
    return {"signinoutb": centre.layouts.lay("9001", "signinoutb", values)}


def sign_out(centre: Centre, message: Message) -> Node:
    """9002: end a sign-in of today."""
    number = text(message.node("signOut"), "sign_no")
    found = centre.sign_ins.valid(number, message.org_code, centre.clock.now().date())
    if found is None:
        raise centre.texts.refuse("sign_in.unknown")
    centre.sign_ins.end(number)
    centre.ledger.turn(found.effect, State.CANCELLED, message)
    centre.ledger.apply(message)
    values = {"sign_time": stamp(centre.clock.now())}
    return {"signoutoutb": centre.layouts.lay("9002", "signoutoutb", values)}


def require_sign_in(centre: Centre, message: Message) -> None:
    """Refuse a message that carries no sign-in number of today.

    Raises:
        RequestRefused: the number is missing, unknown, another institution's or of another day.
    """
    if message.infno in EXEMPT:
        return
    number = text(message.header, "sign_no")
    if centre.sign_ins.valid(number, message.org_code, centre.clock.now().date()) is None:
        raise centre.texts.refuse("sign_in.required")
