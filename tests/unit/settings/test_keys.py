import pytest

from mi_bridge.settings import keys


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("database.pasword", "database.password"),
        ("databse.password", "database.password"),
        ("bridge.server", "database.server"),
        ("logg", "log"),
        ("bridge.windows", "bridge.window"),
        ("xyzzy", ""),
        ("log.qqqqqqqq", ""),
    ],
)
def test_nearest(written: str, meant: str) -> None:
    assert keys.nearest(written) == meant


def test_secrets_are_known_and_unknown_keys_count_as_secrets() -> None:
    assert set(keys.secret_keys()) == {
        "database.connection_string",
        "database.password",
        "insurer.app_id",
        "insurer.app_secret",
        "insurer.sign_in_password",
        "insurer.sign_key",
    }
    assert keys.is_secret("database.pasword")
    assert not keys.is_secret("database.server")


def test_paths_are_known() -> None:
    assert {key for key in keys.known_keys() if keys.is_path(key)} == {
        "bridge.saga_dir",
        "bridge.rules_dir",
        "files.dir",
        "files.quarantine",
        "insurer.ca_bundle",
        "log.file",
        "secrets.dir",
    }
    assert not keys.is_path("no.such")
    assert keys.describe("no.such") == ""
