"""The settings, section by section: what an operator may write, in which unit and range, and what holds otherwise."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

HIS_PATIENCE_S = 30
"""HIS takes the service for dead when the youngest heartbeat is older (design, section 3)."""


def _plain_url(value: str) -> str:
    """Accept an http or https address of a host, without credentials, query or fragment."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PydanticCustomError("url", "must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise PydanticCustomError("url", "must hold neither user, password, query nor fragment")
    return value.rstrip("/")


def _existing_file(value: Path | None) -> Path | None:
    if value is not None and not value.is_file():
        raise PydanticCustomError("file", "is not a file that can be found")
    return value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


ExistingFile = Annotated[Path | None, AfterValidator(_existing_file)]
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
Tls = Annotated[Literal["no", "optional", "yes", "strict"], BeforeValidator(_lower)]
Level = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
TimeOfDay = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]
Layout = Annotated[Literal["json", "console"], BeforeValidator(_lower)]


class Section(BaseModel):
    """One table of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DatabaseSettings(Section):
    """``[database]``: where HIS's requests are."""

    dialect: Literal["postgresql", "sqlserver"] = Field(
        description="Which database: postgresql or sqlserver; required"
    )
    connection_string: SecretStr | None = Field(
        None,
        description="A whole ODBC connection string, instead of server, port, database, user and password; default none",
    )
    server: str = Field("", max_length=255, description="Host name or address; default none")
    port: int | None = Field(
        None, ge=1, le=65535, description="TCP port, 1 to 65535; default the dialect's own, 5432 or 1433"
    )
    database: str = Field("", max_length=128, description="Name of the database; default none")
    user: str = Field(
        "",
        max_length=128,
        description="Login; default none, which means the operating system's account (integrated login)",
    )
    password: SecretStr | None = Field(None, description="The login's password; default none")
    driver: str = Field(
        "",
        max_length=500,
        description="ODBC driver, by name or path; default none, the newest installed for the dialect",
    )
    encrypt: Tls = Field(
        "yes",
        description="TLS to the database: no, optional, yes, or strict (SQL Server 2022, TDS 8); default yes",
    )
    trust_server_certificate: bool = Field(
        default=False,
        description="Encrypt without checking the server's certificate: true or false; default false",
    )
    connect_timeout_s: float = Field(
        5, ge=1, le=120, description="Longest wait for a connection, seconds, 1 to 120; default 5"
    )


class InsurerSettings(Section):
    """``[insurer]``: the medical-insurance platform and who we are to it."""

    profile: str = Field(
        "demo",
        min_length=1,
        max_length=500,
        description="Site profile: a name in config/profiles, or a path; default demo",
    )
    base_url: PlainUrl = Field(
        max_length=500, description="Address of the platform or its front server, http or https; required"
    )
    base_urls: dict[str, PlainUrl] = Field(
        default_factory=dict,
        description="Further addresses, by the name the profile gives them (url.bases); default none",
    )
    app_id: SecretStr = Field(
        SecretStr(""),
        description="Access key, paasid or app id the platform gave to the hospital; default empty",
    )
    app_secret: SecretStr = Field(
        SecretStr(""), description="The secret that belongs to app_id; default empty"
    )
    sign_in_password: SecretStr = Field(
        SecretStr(""),
        description="The operators' password for signing in (9001), where the site asks for one; default empty",
    )
    sign_key: SecretStr = Field(
        SecretStr(""),
        description="SM2 private key for cainfo, or the path of its file, where the profile signs with it; default empty",
    )
    org_code: str = Field(
        pattern=r"^[HP][0-9]{11}$",
        description="Organisation code, 12 characters: H (hospital) or P (pharmacy) and 11 digits; required",
    )
    org_name: str = Field(
        "", max_length=200, description="Organisation name, up to 200 characters; default empty"
    )
    ca_bundle: ExistingFile = Field(
        None, description="File of certificates (PEM) that https is checked against; default the system's"
    )
    call_timeout_s: float | None = Field(
        None, ge=1, le=600, description="Deadline of one call, seconds, 1 to 600; default the profile's"
    )


class BridgeSettings(Section):
    """``[bridge]``: how this node works through the queue."""

    node_name: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="Name of this node, unlike that of every other, up to 64 letters, digits, . _ -; default the host name",
    )
    window: int = Field(
        200, ge=1, le=10_000, description="Requests in flight at once, 1 to 10000; default 200"
    )
    batch: int = Field(
        200, ge=1, le=1_000, description="Most requests claimed in one call, 1 to 1000; default 200"
    )
    lease_s: float = Field(
        30, ge=5, le=600, description="How long a claim holds without renewal, seconds, 5 to 600; default 30"
    )
    renew_s: float = Field(
        10, ge=1, le=200, description="Time between two renewals of a lease, seconds, 1 to 200; default 10"
    )
    heartbeat_s: float = Field(
        10,
        ge=1,
        lt=HIS_PATIENCE_S / 2,
        description="Time between two heartbeats, seconds, 1 to below 15; default 10",
    )
    drain_s: float = Field(
        20,
        ge=0,
        le=600,
        description="Longest wait at a stop for calls in flight, seconds, 0 to 600; default 20",
    )
    wait_busy_step_ms: int = Field(
        2,
        ge=1,
        le=1_000,
        description="How often the queue is looked at after work, milliseconds, 1 to 1000; default 2",
    )
    wait_idle_step_ms: int = Field(
        8,
        ge=1,
        le=5_000,
        description="How often it is looked at when idle, milliseconds, 1 to 5000; default 8",
    )
    wait_max_ms: int = Field(
        10_000,
        ge=100,
        le=30_000,
        description="Longest stay in one waiting call, milliseconds, 100 to 30000; default 10000",
    )
    retry_base_s: float = Field(
        0.5,
        ge=0.01,
        le=60,
        description="Longest first wait before a resend, seconds, 0.01 to 60; default 0.5",
    )
    retry_cap_s: float = Field(
        30, ge=0.01, le=3_600, description="Longest wait before any resend, seconds, 0.01 to 3600; default 30"
    )
    max_payload_bytes: int = Field(
        8_388_608,
        ge=1_024,
        le=67_108_864,
        description="Largest input of one request, bytes, 1024 to 67108864; default 8388608",
    )
    saga_dir: Path | None = Field(
        None,
        description="Folder of the sagas' definitions, one <code>.toml each; default none, the shipped ones",
    )
    rules_dir: Path | None = Field(
        None,
        description="Folder of the quality rules, .toml files and the .csv tables they name; default none, the shipped ones",
    )


class ScheduleSettings(Section):
    """``[schedule]``: what runs once a day in the whole cluster, in the profile's time zone."""

    catalogue_at: TimeOfDay = Field(
        "01:00",
        description="When catalogues (1301 to 1319) are synchronised, HH:MM; empty for never; default 01:00",
    )
    catalogue_until: TimeOfDay = Field(
        "06:00",
        min_length=1,
        description="After this a day's synchronisation is not begun any more, HH:MM; default 06:00",
    )
    retry_minutes: float = Field(
        15,
        ge=0.01,
        le=720,
        description="How long after a failure a job is tried again, minutes, 0.01 to 720; default 15",
    )


class ReconciliationSettings(Section):
    """``[reconciliation]``: when accounts are compared with the platform (3201, 3202), once a day in the whole cluster."""

    at: TimeOfDay = Field("06:30", description="When it begins, HH:MM; empty for never; default 06:30")
    until: TimeOfDay = Field(
        "12:00", min_length=1, description="After this a day's is not begun any more, HH:MM; default 12:00"
    )
    days: int = Field(
        1, ge=1, le=31, description="How many days back are compared, 1 to 31; default 1, yesterday"
    )


class FilesSettings(Section):
    """``[files]``: where files to and from the platform (9101, 9102) lie."""

    dir: Path | None = Field(
        None,
        description="Folder of the files; default none, the service's state folder (/var/lib/mi-bridge/files)",
    )
    quarantine: Path | None = Field(
        None, description="Folder of the files that could not be used; default none, quarantine in files.dir"
    )


class LogSettings(Section):
    """``[log]``: what is written down, how and where."""

    level: Level = Field(
        "info", description="Least severe level written: debug, info, warning or error; default info"
    )
    format: Layout = Field("json", description="json for machines, console for eyes; default json")
    file: Path | None = Field(
        None, description="Log file, rotated by size; default none, which means standard output"
    )
    file_max_mb: int = Field(
        100, ge=1, le=10_000, description="Size at which the file is rotated, MiB, 1 to 10000; default 100"
    )
    file_backups: int = Field(10, ge=0, le=1_000, description="Rotated files kept, 0 to 1000; default 10")


class SecretsSettings(Section):
    """``[secrets]``: the folder of secret files."""

    dir: Path | None = Field(
        None,
        description=(
            "Folder of files named after keys (database.password, insurer.app_secret), each holding one value; default none;"
            " where systemd hands over credentials, its folder is read instead"
        ),
    )


class Settings(BaseSettings):
    """Everything an operator decides. Build it with ``load_settings``, or directly from values in tests."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database: DatabaseSettings
    insurer: InsurerSettings
    bridge: BridgeSettings = Field(default_factory=BridgeSettings)
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    reconciliation: ReconciliationSettings = Field(default_factory=ReconciliationSettings)
    files: FilesSettings = Field(default_factory=FilesSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    secrets: SecretsSettings = Field(default_factory=SecretsSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave only the values handed in: ``sources`` reads and ranks the rest, so that faults can name their origin."""
        return (init_settings,)
