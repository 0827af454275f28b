from pathlib import Path

import pytest

from mi_bridge.errors import ServiceError
from mi_bridge.service import ServiceOptions, service_manager
from mi_bridge.service.systemd import SystemdManager
from mi_bridge.service.windows import WindowsManager
from mi_bridge.settings import DatabaseSettings, InsurerSettings, LogSettings, SecretsSettings, Settings


@pytest.mark.parametrize(("platform", "kind"), [("linux", SystemdManager), ("win32", WindowsManager)])
def test_each_system_has_its_manager(options: ServiceOptions, platform: str, kind: type) -> None:
    assert isinstance(service_manager(options, platform), kind)


def test_other_systems_are_told(options: ServiceOptions) -> None:
    with pytest.raises(ServiceError, match="darwin"):
        service_manager(options, "darwin")


def test_options_follow_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / "database.password").touch()
    (tmp_path / "readme").touch()
    settings = Settings(
        database=DatabaseSettings(dialect="postgresql"),
        insurer=InsurerSettings(base_url="http://h", org_code="H99010100001"),
        log=LogSettings(file=Path("/var/log/a.log")),
        secrets=SecretsSettings(dir=tmp_path),
    )
    options = ServiceOptions.of(settings, Path("mi-bridge.toml"))
    assert options.config == Path.cwd() / "mi-bridge.toml"
    assert (options.secrets, options.log_file, options.drain_s) == (
        (tmp_path / "database.password",),
        Path("/var/log/a.log"),
        20,
    )
    bare = settings.model_copy(update={"secrets": SecretsSettings()})
    assert ServiceOptions.of(bare, Path("x")).secrets == ()
