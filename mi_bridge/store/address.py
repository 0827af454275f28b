"""The ODBC connection string that the settings describe."""

from __future__ import annotations

from mi_bridge.settings import DatabaseSettings
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import find_driver

_PORTS = {Dialect.POSTGRESQL: 5432, Dialect.SQLSERVER: 1433}


def connection_string(database: DatabaseSettings) -> str:
    """Return the string for ``pyodbc.connect``, secrets included: never log it.

    Raises:
        ConfigurationError: no ODBC driver for the dialect is installed.
    """
    if database.connection_string is not None:
        return database.connection_string.get_secret_value()
    dialect = Dialect(database.dialect)
    driver = database.driver or find_driver(database.dialect)
    words = (
        {"Driver": driver}
        | _place(database, dialect)
        | _login(database, dialect)
        | _encryption(database, dialect)
    )
    return "".join(f"{key}={_braced(value)};" for key, value in words.items())


def _place(database: DatabaseSettings, dialect: Dialect) -> dict[str, str]:
    port = database.port or _PORTS[dialect]
    if dialect is Dialect.SQLSERVER:
        named_instance = "\\" in database.server and database.port is None
        server = database.server if named_instance else f"{database.server},{port}"
        return {"Server": server, "Database": database.database, "APP": "mi-bridge"}
    return {"Server": database.server, "Port": str(port), "Database": database.database}


def _login(database: DatabaseSettings, dialect: Dialect) -> dict[str, str]:
    if not database.user:
        return {"Trusted_Connection": "yes"} if dialect is Dialect.SQLSERVER else {}
    password = database.password.get_secret_value() if database.password else ""
    return {"Uid": database.user, "Pwd": password}


def _encryption(database: DatabaseSettings, dialect: Dialect) -> dict[str, str]:
    trusting = database.trust_server_certificate
    if dialect is Dialect.SQLSERVER:
        return {"Encrypt": database.encrypt, "TrustServerCertificate": "yes" if trusting else "no"}
    checked = "require" if trusting else "verify-full"
    return {"SSLmode": {"no": "disable", "optional": "prefer"}.get(database.encrypt, checked)}


def _braced(value: str) -> str:
    """Quote what ODBC would read as its own punctuation."""
    if not any(sign in value for sign in ";{}[]()?*=!@ /\\"):
        return value
    return "{" + value.replace("}", "}}") + "}"
