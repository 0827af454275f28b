"""Sets logging up once for the whole process: structlog, the standard library's logging, warnings, uncaught exceptions."""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from mi_bridge.errors import ConfigurationError
from mi_bridge.logging import rendering
from mi_bridge.logging.sink import Sink, Target
from mi_bridge.logging.target import DescriptorTarget, FileTarget

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_STANDARD_OUTPUT = 1
# these tell at "info" what our own lines tell better, once a request or once a job
_TALKATIVE = ("aiohttp", "apscheduler", "asyncio", "httpcore", "httpx")

# one list for the whole process: loggers that structlog has cached keep pointing at it
_processors: list[rendering.Processor] = []


class Logging:
    """Logging, set up. Close it last of all; closing twice does no harm.

    Args:
        sink: where lines go.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return self._sink.lost

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what waits, for so many seconds at most."""
        self._sink.close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def configure_logging(
    *,
    node: str,
    level: str = "info",
    format: str = "json",  # noqa: A002 - the keyword arguments are the keys of [log], as the operator writes them
    file: Path | None = None,
    file_max_mb: int = 100,
    file_backups: int = 10,
    target: Target | None = None,
) -> Logging:
    """Set logging up; call it once, at the start of the process.

    Args:
        node: this node's name, in every line.
        level: least severe level written: debug, info, warning, error.
        format: ``json`` or ``console``.
        file: written to instead of standard output.
        file_max_mb: size at which the file is rotated, MiB.
        file_backups: rotated files kept.
        target: written to instead of both, for tests.

    Raises:
        ConfigurationError: the file cannot be opened.
    """
    chosen = target or _target(file, file_max_mb, file_backups)
    colors = file is None and target is None and sys.stdout is not None and sys.stdout.isatty()
    _processors[:] = rendering.chain(format, node, colors=colors)
    sink = Sink(chosen, _loss_line)
    _configure_structlog(sink, _LEVELS[level])
    _configure_standard_library(_LEVELS[level])
    _catch_the_uncaught()
    result = Logging(sink)
    atexit.register(result.close)
    return result


def _target(file: Path | None, max_mb: int, backups: int) -> Target:
    if file is None:
        return DescriptorTarget(_STANDARD_OUTPUT)
    try:
        return FileTarget(file, max_mb=max_mb, backups=backups)
    except OSError as fault:
        remedy = "Create its folder and let the account of mi-bridge write there."
        raise ConfigurationError(
            "log.file", f"{file} cannot be opened ({fault.strerror})", remedy=remedy
        ) from None


def _loss_line(lost: int) -> bytes:
    return rendering.run(_processors, "warning", {"event": "log_lines_lost", "lines": lost})


class _SinkLogger:
    """What structlog calls with each finished line."""

    sink: Sink | None = None

    def msg(self, line: bytes) -> None:
        if self.sink:
            self.sink.write(line)

    debug = info = warning = error = critical = msg


_sink_logger = _SinkLogger()


def _configure_structlog(sink: Sink, level: int) -> None:
    if _sink_logger.sink:
        _sink_logger.sink.close()
    _sink_logger.sink = sink
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _sink_logger,
        cache_logger_on_first_use=True,
    )


class _StandardLibraryHandler(logging.Handler):
    """Sends the records of other people's libraries the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        event: dict[str, Any] = {"event": _message(record), "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        _sink_logger.msg(rendering.run(_processors, record.levelname.lower(), event))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (
        TypeError,
        ValueError,
        KeyError,
    ):  # arguments that do not fit their text: the library's slip, not our end
        return str(record.msg)


def _configure_standard_library(level: int) -> None:
    logging.captureWarnings(True)  # noqa: FBT003 - the standard library's signature
    logging.basicConfig(level=level, handlers=[_StandardLibraryHandler()], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _catch_the_uncaught() -> None:
    """Log what nobody caught: Python's own report goes to standard error past the redaction."""
    log = structlog.get_logger()

    def of_main(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, fault, trace)
            return
        log.critical("uncaught_exception", exc_info=(kind, fault, trace))

    def of_thread(arguments: threading.ExceptHookArgs) -> None:
        name = arguments.thread.name if arguments.thread else ""
        facts = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        log.critical("uncaught_exception", thread=name, exc_info=facts)

    sys.excepthook = of_main
    threading.excepthook = of_thread
