r"""Settings: what an operator decides, from the command line, the environment, secret files and one TOML file.

Rank, strongest first:

1. the command line,
2. the environment: ``MI_BRIDGE_<SECTION>__<NAME>``, for example ``MI_BRIDGE_DATABASE__SERVER``,
3. secret files: a folder with one file for each secret, named after its key, for example ``database.password``; the folder
   is systemd's ``CREDENTIALS_DIRECTORY`` where there is one (``LoadCredential=``), else ``[secrets] dir``,
4. the settings file (TOML, UTF-8): ``--config``, ``MI_BRIDGE_CONFIG``, ``./mi-bridge.toml``,
   ``/etc/mi-bridge/mi-bridge.toml`` or ``%PROGRAMDATA%\mi-bridge\mi-bridge.toml``, the first that is there.
"""

from mi_bridge.settings.file_folders import FileFolders, file_folders
from mi_bridge.settings.finding import Finding, Severity, settings_error
from mi_bridge.settings.keys import known_keys
from mi_bridge.settings.loading import Inspection, effective_settings, inspect_settings, load_settings
from mi_bridge.settings.sections import (
    BridgeSettings,
    DatabaseSettings,
    FilesSettings,
    InsurerSettings,
    LogSettings,
    ReconciliationSettings,
    ScheduleSettings,
    SecretsSettings,
    Settings,
)
from mi_bridge.settings.sources import default_files, find_file

__all__ = [
    "BridgeSettings",
    "DatabaseSettings",
    "FileFolders",
    "FilesSettings",
    "Finding",
    "Inspection",
    "InsurerSettings",
    "LogSettings",
    "ReconciliationSettings",
    "ScheduleSettings",
    "SecretsSettings",
    "Settings",
    "Severity",
    "default_files",
    "effective_settings",
    "file_folders",
    "find_file",
    "inspect_settings",
    "known_keys",
    "load_settings",
    "settings_error",
]
