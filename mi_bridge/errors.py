"""Every exception of mi-bridge, in one tree.

BridgeError                     base: what happened, to which request, what to do
├── ConfigurationError          a setting, profile or data file is wrong (exit status 78)
│   ├── ProfileError            a site profile
│   ├── CatalogueError          the catalogue of transactions
│   ├── SagaError               the definition of a saga
│   └── RuleError               a file of quality rules
├── RequestRefused              a request is refused before anything is sent
│   ├── MalformedInput          its parameters or its JSON (-1001)
│   └── UnknownInterface        its interface code (-1006)
├── TransportError              a message on its way to the insurer
│   ├── NotSent                 proved: the insurer did not get it
│   └── OutcomeUnknown          the insurer may or may not have acted
├── SignInUnavailable           no sign-in number is to be had now; nothing was sent
├── JobFailed                   a daily job did not reach its end; it is tried again
├── FileFault                   a file that travels to or from the insurer cannot be used
├── StoreError                  the database
│   ├── StoreUnavailable        the connection is lost or cannot be made
│   ├── StoreConflict           deadlock victim, lock timeout, serialisation failure: try again
│   ├── StoreRejected           the database refused the call or its data
│   │   └── StoreDuplicate      a key is there already; a race is over the second time
│   └── SchemaError             objects missing, of another version, or not ours
└── ServiceError                the operating system's service manager
"""

from __future__ import annotations

from dataclasses import dataclass


class BridgeError(Exception):
    """Something mi-bridge did not do, and what to do about it.

    Args:
        message: what happened, and to which request or object.
        remedy: what the reader can do; empty where nothing can be done.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class ConfigurationError(BridgeError):
    """A setting is wrong: names the key, its value's fault, and the remedy.

    Args:
        key: the setting as the operator writes it, for example ``database.connection_string``.
        fault: what is wrong with its value; never the value of a secret.
        remedy: what to write instead.
    """

    def __init__(self, key: str, fault: str, *, remedy: str = "") -> None:
        super().__init__(f"{key}: {fault}.", remedy=remedy)
        self.key = key
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ProfileFault:
    """What is wrong at one key of a profile.

    Args:
        key: the key as it stands in the file, its tables before it.
        fault: what is wrong with it, a clause; never a secret.
        remedy: what to write instead, a sentence.
    """

    key: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key} {self.fault}"


class ProfileError(ConfigurationError):
    """A site profile cannot be used.

    Args:
        key: file and first wrong key.
        fault: what is wrong with it, and with all others.
        remedy: what to do about the first.
        faults: every fault by itself, each with its own key and remedy.
    """

    def __init__(
        self, key: str, fault: str, *, remedy: str = "", faults: tuple[ProfileFault, ...] = ()
    ) -> None:
        super().__init__(key, fault, remedy=remedy)
        self.faults = faults


class CatalogueError(ConfigurationError):
    """The catalogue of transactions cannot be used."""


class SagaError(ConfigurationError):
    """The definition of a saga cannot be used; the key names file, step and field."""


class RuleError(ConfigurationError):
    """A file of quality rules cannot be used; the key names file, rule and field."""


class RequestRefused(BridgeError):
    """A request is refused before anything is sent; the insurer knows nothing of it.

    Args:
        message_zh: what HIS reads, in Chinese, naming the field as HIS wrote it.
    """

    code = -1004

    def __init__(self, message_zh: str) -> None:
        super().__init__(message_zh)


class MalformedInput(RequestRefused):
    """The request's parameters or its JSON cannot be sent as they are."""

    code = -1001


class UnknownInterface(RequestRefused):
    """No such transaction, or it is switched off at this site."""

    code = -1006


class TransportError(BridgeError):
    """A message did not come back as an answer.

    Args:
        fault: a short stable word for what happened, for example ``connect_refused``.
        detail: the library's own words, without payload.
    """

    def __init__(self, fault: str, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else fault)
        self.fault = fault


class NotSent(TransportError):
    """Proved: not one byte of the message reached the insurer. A resend is safe."""


class OutcomeUnknown(TransportError):
    """The insurer may have acted. A resend may act twice."""


class SignInUnavailable(BridgeError):
    """No sign-in number is to be had now; whatever wanted one was not sent.

    Args:
        message_zh: why, in Chinese, as the hospital reads it.
        retry_s: when to ask again, in seconds.
    """

    def __init__(self, message_zh: str, *, retry_s: float) -> None:
        super().__init__(message_zh)
        self.retry_s = retry_s


class JobFailed(BridgeError):
    """A daily job did not reach its end; what it did stays, and it is tried again.

    Args:
        message_zh: what operators read, in Chinese.
    """

    def __init__(self, message_zh: str) -> None:
        super().__init__(message_zh)


class FileFault(BridgeError):
    """A file that travels to or from the insurer cannot be used; nothing of it was taken.

    Args:
        file: its name.
        fault: what is wrong with it, without its content.
        member: the file inside the archive; empty where that does not matter.
        row: the row in it, from 1; 0 where that does not matter.
        remedy: what the reader can do.
    """

    def __init__(self, file: str, fault: str, *, member: str = "", row: int = 0, remedy: str = "") -> None:
        place = f"{file}{f'/{member}' if member else ''}{f', row {row}' if row else ''}"
        super().__init__(f"{place}: {fault}.", remedy=remedy)
        self.file = file
        self.fault = fault
        self.member = member
        self.row = row


class StoreError(BridgeError):
    """The database did not do what was asked.

    Args:
        message: what was asked and what the database said, without payload.
        sqlstate: the five-character class of the failure, empty when the driver gave none.
        remedy: what the reader can do.
    """

    def __init__(self, message: str, *, sqlstate: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.sqlstate = sqlstate


class StoreUnavailable(StoreError):
    """The connection is lost or cannot be made; the call may or may not have been committed."""


class StoreConflict(StoreError):
    """Deadlock victim, lock timeout or serialisation failure: rolled back, safe to repeat."""


class StoreRejected(StoreError):
    """The database refused the call or its data; repeating it changes nothing."""


class StoreDuplicate(StoreRejected):
    """A unique key is there already.

    T-SQL has no ON CONFLICT: our inserts look first, and of two that do so at once one may lose, to find the key when it is repeated.
    """


class SchemaError(StoreError):
    """Objects are missing, of another version, or were not made by this installer."""


class ServiceError(BridgeError):
    """The operating system's service manager refused."""
