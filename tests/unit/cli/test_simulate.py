from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mi_bridge import simulator
from mi_bridge.simulator import SimulatorConfig

MOBILE = """
app_id = "99FAKEAPPID0000000000000000000AA"
app_secret = "canary-secret"
private_key = "canary-key"
hospital_key = "04"
"""
Invoke = Callable[..., Result]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[SimulatorConfig, str, int]]:
    seen: list[tuple[SimulatorConfig, str, int]] = []

    def serve(config: SimulatorConfig, host: str, port: int, *, ready: Callable[[str], None]) -> None:
        seen.append((config, host, port))
        ready(f"http://{host}:{port}")

    monkeypatch.setattr(simulator, "serve", serve)
    return seen


def test_without_options_the_simulator_s_own_defaults_hold(invoke: Invoke, served: list[Any]) -> None:
    result = invoke("simulate")
    assert served == [(SimulatorConfig(), "127.0.0.1", 18090)]
    assert "not the real one" in result.stdout


def test_every_option_reaches_the_simulator(invoke: Invoke, served: list[Any], tmp_path: Path) -> None:
    mobile = tmp_path / "mobile.toml"
    mobile.write_text(MOBILE, encoding="utf-8")
    result = invoke(
        *("simulate", "--json", "--host", "127.0.0.2", "--port", "1", "--seed", "7", "--profile", "hunan"),
        *("--app-id", "a", "--no-check-signature", "--timestamp-window", "9", "--gateway-status", "200"),
        *("--no-check-url", "--require-sign-in", "--duplicate-msgid", "refuse", "--strict-fields"),
        *("--replay", tmp_path, "--latency", "5", "--fault", "reset_after,infno=2207+2208,times=1"),
        *("--message-limit", "10", "--public-key", "04ab", "--mobile", mobile),
        *("--max-rows", "99", "--max-input-bytes", "40000"),
        env={"MI_BRIDGE_SIMULATOR_SECRET": "canary"},
    )
    assert result.exit_code == 0, result.stderr
    config = served[0][0]
    plain = config.model_dump(
        exclude={"app_secret", "faults", "data_folder", "mobile", "catalogues", "sign_in_password"}
    )
    assert plain == {
        "seed": 7,
        "profile": "hunan",
        "app_id": "a",
        "check_signature": False,
        "timestamp_window_s": 9,
        "gateway_status": 200,
        "check_url": False,
        "require_sign_in": True,
        "duplicate_msgid": "refuse",
        "strict_fields": True,
        "mode": "replay",
        "replay_folder": tmp_path,
        "message_limit": 10,
        "max_rows": 99,
        "max_input_bytes": 40000,
        "public_key": "04ab",
    }
    assert config.app_secret.get_secret_value() == "canary"
    assert config.mobile.private_key.get_secret_value() == "canary-key"
    assert "canary" not in repr(config)
    assert [(rule.fault.value, rule.infno) for rule in config.faults] == [
        ("reset_after", ("2207", "2208")),
        ("latency", ()),
    ]
    assert json.loads(result.stdout)["mode"] == "replay"


@pytest.mark.parametrize("rule", ["nonsense", "busy,probability", "busy,probability=2"])
def test_a_rule_that_makes_no_sense_is_a_usage_error(invoke: Invoke, rule: str) -> None:
    result = invoke("simulate", "--fault", rule)
    assert result.exit_code == 2
    assert "Known faults: latency" in result.stderr


def test_a_profile_that_is_not_there(invoke: Invoke) -> None:
    result = invoke("simulate", "--port", "0", "--profile", "nowhere")
    assert result.exit_code == 78
    assert "nowhere" in result.stderr


def test_a_simulator_that_would_begin_unreachable_is_refused(invoke: Invoke, served: list[Any]) -> None:
    result = invoke("simulate", "--fault", "refuse_connections,seconds=5")
    assert result.exit_code == 78
    assert served == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("app_id = canary", "is not TOML"),
        ("app_id = 'canary'", "mobile.app_id"),
        (MOBILE, "mobile.private_key"),
    ],
)
def test_a_mobile_application_that_cannot_be_played(
    invoke: Invoke, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "mobile.toml"
    path.write_text(text, encoding="utf-8")
    result = invoke("simulate", "--port", "0", "--mobile", path)
    assert result.exit_code == 78
    assert words in result.stderr
    assert "canary" not in result.stderr
