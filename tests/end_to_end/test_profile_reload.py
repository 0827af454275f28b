"""A hospital changes its profile while the bridge runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.resources import folder
from mi_bridge.settings import Settings
from site_settings import site_values
from waiting import eventually

PATIENT = visits.citizen(3)
REFUSED = "PROFILE_REFUSED"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The site's own profile, a copy of the shipped one."""
    file = tmp_path / "own.toml"
    file.write_text((folder("config") / "profiles" / "demo.toml").read_text("utf-8"), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def bridge(
    hospital_database: str,
    platform: InsurerPlatform,
    profile: Path,
    stack: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BridgeThread]:
    monkeypatch.setattr("mi_bridge.bridge.node.PROFILE_EVERY_S", 0.2)
    values = site_values(hospital_database, platform.base_url, "node-a")
    values["insurer"]["profile"] = str(profile)
    with BridgeThread(Settings.model_validate(values)) as running:
        yield running


def _device(platform: InsurerPlatform, his: HisDesk) -> str:
    his.good("1101", visits.person(PATIENT))
    return str(json.loads(platform.bodies[-1])["dev_no"])


def test_the_next_message_follows_the_file_and_a_broken_file_is_alarmed(
    his: HisDesk, platform: InsurerPlatform, profile: Path
) -> None:
    text = profile.read_text("utf-8")
    assert _device(platform, his) == ""

    profile.write_text(text.replace('# dev_no = ""', 'dev_no = "W7"'), encoding="utf-8")
    eventually(lambda: _device(platform, his) == "W7", "messages by the changed profile")

    profile.write_text(text.replace('kind = "tif"', 'kind = "rot13"'), encoding="utf-8")
    eventually(lambda: REFUSED in his.alerts(), "the alert")
    assert _device(platform, his) == "W7"

    profile.write_text(text, encoding="utf-8")
    eventually(lambda: REFUSED not in his.alerts(), "the alert's end")
    assert _device(platform, his) == ""
