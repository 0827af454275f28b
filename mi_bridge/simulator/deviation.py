"""Answers as some platforms really write them: every deviation seen in live messages, on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mi_bridge.simulator.codec import encode
from mi_bridge.simulator.faults import Fault
from mi_bridge.simulator.fields import Node
from mi_bridge.simulator.platform import Reply
from mi_bridge.simulator.texts import Texts

_PAGE = "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>"


def page(status: int) -> bytes:
    """Return the page a gateway shows people."""
    return _PAGE.format(status=status).encode()


def written(reply: Reply, fault: Fault | None, texts: Texts, wrap: Callable[[Node], Node]) -> bytes:
    """Return an answer's bytes, with the deviation a fault stands for; plain when it stands for none.

    Args:
        reply: the answer as it should be.
        fault: the fault the message meets.
        texts: the platform's words.
        wrap: puts an answer into what this site sends around it.
    """
    content = wrap(_changed(reply, fault, texts).content)
    writer = _WRITERS.get(fault) if fault else None
    return writer(encode(content)) if writer else encode(content)


def _changed(reply: Reply, fault: Fault | None, texts: Texts) -> Reply:
    content = dict(reply.content)
    match fault:
        case Fault.ZERO_WITH_ERROR:
            content.update(infcode="0", err_msg=texts.say("deviation.zero_with_error"), output=None)
        case Fault.SUCCESS_TEXT if content.get("infcode") == 0:
            content["err_msg"] = texts.say("deviation.success")
        case Fault.NO_OUTPUT:
            content.pop("output", None)
        case Fault.TEXT_INFCODE if "infcode" in content:
            content["infcode"] = str(content["infcode"])
    return replace(reply, content=content)


def _with_comma(body: bytes) -> bytes:
    return body[:-1] + b",}"


def _in_gbk(body: bytes) -> bytes:
    # GB18030 writes what GBK cannot; readers of GBK meet it in names with rare characters
    return body.decode().encode("gb18030")


_WRITERS: dict[Fault, Callable[[bytes], bytes]] = {
    Fault.TRAILING_COMMA: _with_comma,
    Fault.GBK: _in_gbk,
    Fault.EMPTY_BODY: lambda _body: b"",
    Fault.HTML_BODY: lambda _body: page(200),
}
