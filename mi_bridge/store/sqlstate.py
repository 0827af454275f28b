"""What a failed database call means, by its SQLSTATE (facts measured on psqlodbc; Microsoft's from its driver's manual)."""

from __future__ import annotations

from mi_bridge.errors import StoreConflict, StoreDuplicate, StoreError, StoreRejected, StoreUnavailable

# a statement somebody cancelled, or that a timeout of the server's ended: rolled back like the conflicts
CANCELLED = frozenset({"57014", "HY008"})
# deadlock, serialisation failure, lock not available, lock request timeout: rolled back, safe to repeat
_CONFLICT = frozenset({"40001", "40P01", "55P03"}) | CANCELLED
_CONFLICT_NATIVE = ("(1205)", "(1222)", "(3960)")
_DUPLICATE = "23505"
_DUPLICATE_NATIVE = ("(2601)", "(2627)")
# 08 connection, 57P shutdown and crash, 53 out of connections or memory, HYT00 and HYT01 log-in and connection timeout;
# 25006: this server has become a standby, another connection finds the new primary
_UNAVAILABLE = ("08", "57P", "53", "HYT00", "HYT01", "25006", "IM")
# psqlodbc reports a dropped connection as HY000 with these words
_UNAVAILABLE_WORDS = (
    "server closed the connection",
    "connection is lost",
    "could not connect",
    "could not send",
    "terminating connection",
    "no connection to the server",
    "communication link",
    "the connection has been lost",
    "not connected",
)


def classify(error: Exception, action: str) -> StoreError:
    """Turn a driver's error into one of the store's, without its parameters.

    Args:
        error: a ``pyodbc.Error`` with SQLSTATE and text as its arguments.
        action: what was asked, for the message, for example ``sp_mi_finish``.
    """
    state, text = _parts(error)
    message = f"{action} failed ({state or 'no SQLSTATE'}): {_first_line(text)}."
    if state in _CONFLICT or any(native in text for native in _CONFLICT_NATIVE):
        return StoreConflict(message, sqlstate=state)
    if _is_unavailable(state, text):
        remedy = "Check that the database server runs and that this host may connect to it."
        return StoreUnavailable(message, sqlstate=state, remedy=remedy)
    if state == _DUPLICATE or any(native in text for native in _DUPLICATE_NATIVE):
        return StoreDuplicate(message, sqlstate=state)
    return StoreRejected(message, sqlstate=state)


def _is_unavailable(state: str, text: str) -> bool:
    if state.startswith(_UNAVAILABLE):
        return True
    lowered = text.lower()
    return any(word in lowered for word in _UNAVAILABLE_WORDS)


def _parts(error: Exception) -> tuple[str, str]:
    arguments = [str(argument) for argument in error.args]
    if len(arguments) < 2:
        return "", "".join(arguments)
    return arguments[0], arguments[1]


def _first_line(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line[:300].rstrip(". ")
