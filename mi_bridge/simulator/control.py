"""The simulator's own addresses, ``/_simulator/…``: ask what happened, make things go wrong, begin again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mi_bridge.simulator.catalogue_order import CatalogueOrder
from mi_bridge.simulator.clearing_books import BooksOrder
from mi_bridge.simulator.codec import decode, encode
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.simulator import Simulator

Gate = Callable[[float], None]
"""Refuses connections for so many seconds."""

Order = TypeVar("Order", bound=BaseModel)

_FILTERS = ("psn_no", "infno", "msgid", "org_code")


class FaultOrder(BaseModel):
    """What ``POST /_simulator/faults`` takes.

    Args:
        mode: whether the rules are put in place of those in force, or after them.
        rules: the rules; none with ``replace`` ends all faults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["add", "replace"] = "add"
    rules: tuple[FaultRule, ...]


class ReplayOrder(BaseModel):
    """What ``POST /_simulator/replay`` takes.

    Args:
        infno: the transaction.
        n: the number of the answer it gets from now on; None lets its answers follow each other again.
        file: a file's name instead of a number, for example ``gateway401-response-1.json``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    infno: str
    n: Annotated[int, Field(ge=0)] | None = None
    file: str = ""


class SignInOrder(BaseModel):
    """What ``POST /_simulator/sign-in`` takes.

    Args:
        expire: whether every number given out so far ends now.
        org_code: only this institution's numbers; empty for all.
        require: whether a number is wanted from now on; None leaves it as it is.
        refuse: how 9001 is refused from now on; empty takes it again, None leaves it as it is.
        words: how a message without a number that holds is refused from now on; empty leaves it as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    expire: bool = False
    org_code: str = ""
    require: bool | None = None
    refuse: str | None = None
    words: str = ""


class Control:
    """Answers the simulator's own addresses.

    Args:
        simulator: what is asked about and acted on.
        gate: refuses connections for some seconds; None where the listener is somebody else's.
    """

    def __init__(self, simulator: Simulator, gate: Gate | None) -> None:
        self._simulator = simulator
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses."""
        return [
            web.get("/_simulator/health", self.health),
            web.get("/_simulator/ledger", self.ledger),
            web.get("/_simulator/messages", self.messages),
            web.get("/_simulator/faults", self.show_faults),
            web.post("/_simulator/faults", self.order_faults),
            web.delete("/_simulator/faults", self.end_faults),
            web.get("/_simulator/catalogues", self.show_catalogues),
            web.post("/_simulator/catalogues", self.order_catalogue),
            web.get("/_simulator/books", self.show_books),
            web.post("/_simulator/books", self.order_books),
            web.post("/_simulator/replay", self.order_replay),
            web.post("/_simulator/sign-in", self.order_sign_in),
            web.post("/_simulator/reset", self.reset),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """Say that it works, as what, and how much has happened."""
        simulator = self._simulator
        return _json(
            {
                "status": "ok",
                "mode": simulator.config.mode,
                "profile": simulator.config.profile,
                "seed": simulator.config.seed,
                "messages": simulator.ledger.received,
                "effects": len(simulator.ledger.effects),
                "replay_files": simulator.replay.files if simulator.replay else [],
            }
        )

    async def ledger(self, request: web.Request) -> web.Response:
        """Show the effects, their states and every step of them."""
        return _json(self._simulator.ledger.view(_wanted(request)))

    async def messages(self, request: web.Request) -> web.Response:
        """Show the received messages."""
        ledger = self._simulator.ledger
        shown = list(ledger.view_messages(_wanted(request)))
        return _json({"received": ledger.received, "messages": shown})

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Show the rules in force and how often each has struck."""
        return _json({"rules": self._simulator.faults.view()})

    async def order_faults(self, request: web.Request) -> web.Response:
        """Put rules in force."""
        order = await _order(request, FaultOrder)
        closing = [rule for rule in order.rules if rule.fault is Fault.REFUSE_CONNECTIONS]
        if closing and self._gate is None:
            raise _bad_request([("rules", "refuse_connections needs the simulator's own listener")])
        lasting = tuple(rule for rule in order.rules if rule.fault is not Fault.REFUSE_CONNECTIONS)
        put = self._simulator.faults.replace if order.mode == "replace" else self._simulator.faults.add
        put(lasting)
        for rule in closing:
            self._close(rule.value("seconds"))
        return await self.show_faults(request)

    async def end_faults(self, request: web.Request) -> web.Response:
        """End all faults."""
        self._simulator.faults.replace(())
        return await self.show_faults(request)

    async def show_catalogues(self, _request: web.Request) -> web.Response:
        """Show how catalogues are made up."""
        return _json({"orders": self._simulator.platform.centre.catalogues.view()})

    async def order_catalogue(self, request: web.Request) -> web.Response:
        """Make a catalogue up anew."""
        order = await _order(request, CatalogueOrder)
        if not self._simulator.platform.centre.catalogues.order(order):
            raise _bad_request([("infno", f"{order.infno} is no catalogue")])
        return await self.show_catalogues(request)

    async def show_books(self, _request: web.Request) -> web.Response:
        """Show by which orders the books disagree with the ledger."""
        return _json(self._simulator.platform.centre.books.view())

    async def order_books(self, request: web.Request) -> web.Response:
        """Make the books of 3201 and 3202 disagree with the ledger, or agree again."""
        order = await _order(request, BooksOrder)
        self._simulator.platform.centre.books.order(order)
        return await self.show_books(request)

    async def order_replay(self, request: web.Request) -> web.Response:
        """Fix a transaction's sample answer, or let its answers follow each other again."""
        order = await _order(request, ReplayOrder)
        replay = self._simulator.replay
        if replay is None:
            raise _bad_request([("mode", "this simulator does not replay")])
        wanted = order.file or ("" if order.n is None else str(order.n))
        if not replay.fix(order.infno, wanted):
            raise _bad_request([("n", f"there is no answer {wanted} of {order.infno}")])
        return _json({"infno": order.infno, "answers": replay.numbers(order.infno), "fixed": wanted or None})

    async def order_sign_in(self, request: web.Request) -> web.Response:
        """End sign-ins, want them or not, and say so in other words."""
        order = await _order(request, SignInOrder)
        platform = self._simulator.platform
        expired = platform.centre.sign_ins.expire(order.org_code) if order.expire else 0
        if order.require is not None:
            platform.require_sign_in(needed=order.require)
        if order.refuse is not None:
            platform.centre.sign_ins.refusal = order.refuse
        if order.words:
            # a text of the platform's own may hold braces
            platform.centre.texts.change(
                "sign_in.required", order.words.replace("{", "{{").replace("}", "}}")
            )
        return _json({"expired": expired})

    async def reset(self, _request: web.Request) -> web.Response:
        """Forget everything that happened."""
        self._simulator.reset()
        return _json({"status": "ok"})

    def _close(self, seconds: float) -> None:
        if self._gate is not None:
            self._gate(seconds)


def _wanted(request: web.Request) -> Callable[[Any], bool]:
    """Return the filter the query asks for; unknown names are refused, so that no filter is silently ignored."""
    unknown = sorted(set(request.query) - set(_FILTERS))
    if unknown:
        raise _bad_request([(name, f"is no filter; known: {', '.join(_FILTERS)}") for name in unknown])
    asked = dict(request.query)
    return lambda row: all(getattr(row, name) == value for name, value in asked.items())


async def _order(request: web.Request, kind: type[Order]) -> Order:
    try:
        return kind.model_validate(decode(await request.read()))
    except ValidationError as fault:
        raise _bad_request([_place(error) for error in fault.errors()]) from fault
    except ValueError as fault:
        raise _bad_request([("body", f"is no JSON: {fault}")]) from fault


def _place(error: Any) -> tuple[str, str]:
    where = ".".join(str(part) for part in error["loc"]) or "body"
    return where, str(error["msg"]).removeprefix("Value error, ")


def _bad_request(faults: list[tuple[str, str]]) -> web.HTTPBadRequest:
    content = {"error": "bad request", "faults": [{"where": where, "what": what} for where, what in faults]}
    return web.HTTPBadRequest(text=encode(content).decode(), content_type="application/json")


def _json(content: Any) -> web.Response:
    return web.Response(body=encode(content), content_type="application/json", charset="utf-8")
