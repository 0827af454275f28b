"""Logging into memory, and the process's own logging put back afterwards."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from mi_bridge.logging import Logging, configure_logging


class Memory:
    """A target that keeps what is written, and fails when it is told to."""

    def __init__(self) -> None:
        self.written = b""
        self.fault: Exception | None = None
        self.writes = 0
        self.closed = False
        self.open = threading.Event()
        self.open.set()

    def write(self, lines: bytes) -> None:
        self.writes += 1
        self.open.wait(10)
        if self.fault:
            raise self.fault
        self.written += lines

    def close(self) -> None:
        self.closed = True

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written.splitlines()]


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture(autouse=True)
def process_logging() -> Iterator[None]:
    """Keep pytest's own handlers away from the code under test, and put everything back."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = root.handlers, root.level
    root.handlers = []
    yield
    sys.excepthook, threading.excepthook = hooks
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


Configure = Callable[..., Logging]


@pytest.fixture
def configure(memory: Memory) -> Iterator[Configure]:
    """Set logging up to write into memory; it is closed when the test ends."""
    made: list[Logging] = []

    def build(**options: Any) -> Logging:
        made.append(configure_logging(**{"node": "node-1", "target": memory, **options}))
        return made[-1]

    yield build
    for one in made:
        one.close()
