from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.settings import FilesSettings, file_folders


def test_the_settings_name_the_folders(tmp_path: Path) -> None:
    folders = file_folders(FilesSettings(dir=tmp_path, quarantine=tmp_path / "aside"))
    assert (folders.files, folders.quarantine) == (tmp_path, tmp_path / "aside")
    assert file_folders(FilesSettings(dir=tmp_path)).quarantine == tmp_path / "quarantine"


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a/files"),
        ("linux", {}, "/var/lib/mi-bridge/files"),
        ("win32", {"PROGRAMDATA": "/data"}, "/data/mi-bridge/files"),
    ],
)
def test_without_a_setting_it_is_the_service_s_state(
    platform: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert file_folders(FilesSettings()).files == Path(folder)
