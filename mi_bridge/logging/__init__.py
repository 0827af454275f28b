"""Structured logs: one pipeline for our own lines and for other people's libraries, redacted, and never in the way."""

from mi_bridge.logging.pipeline import Logging, configure_logging
from mi_bridge.logging.redaction import redact, redact_text
from mi_bridge.logging.request_line import request_line

__all__ = ["Logging", "configure_logging", "redact", "redact_text", "request_line"]
