from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mi_bridge.bridge.profile_watch import ProfileWatch
from mi_bridge.errors import ConfigurationError, StoreUnavailable
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.changing import ProfileFile

_SITE = 'name = "site"\nmdtrtarea_admvs = "990101"\nrecer_sys_code = "99"\ninfver = "1.0"\n[signing]\nkind = "none"\n'


class Reader:
    """Works by the profile; refuses one interface version."""

    def __init__(self) -> None:
        self.versions: list[str] = []

    def adopt(self, profile: Profile) -> None:
        if profile.infver == "9":
            raise ConfigurationError("base_urls.x", "is missing")
        self.versions.append(profile.infver)


def _strict(profile: Profile) -> Profile:
    return profile.model_copy(update={"max_input_bytes": 2048})


class Desk:
    """A site, its file, its readers, and what is reported."""

    def __init__(self, place: Path) -> None:
        self.path = place / "site.toml"
        self.write(_SITE)
        self.readers = (Reader(), Reader())
        self.told: list[tuple[str, str]] = []
        self.away = False
        self.watch = ProfileWatch(
            ProfileFile(str(self.path)),
            _strict(load_profile(self.path)),
            self.readers,
            _strict,
        )

    def write(self, text: str) -> None:
        before = self.path.stat().st_mtime_ns if self.path.exists() else 0
        self.path.write_text(text, encoding="utf-8")
        os.utime(self.path, ns=(before + 10**9, before + 10**9))

    async def condition(self, kind: str, message: str) -> None:
        if self.away:
            raise StoreUnavailable("gone")
        self.told.append((kind, message))

    async def turn(self) -> None:
        await self.watch.turn(self.condition)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_changed_profile_reaches_everybody(desk: Desk) -> None:
    await desk.turn()
    desk.write(_SITE.replace('"1.0"', '"2.0"'))
    with capture_logs() as lines:
        await desk.turn()
        await desk.turn()

    assert [reader.versions for reader in desk.readers] == [["2.0"], ["2.0"]]
    assert desk.told == [("PROFILE_REFUSED", "")]
    assert [line["event"] for line in lines] == ["profile taken over"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_SITE + "colour = 1", "signing.colour: is wrong"),
        (_SITE.replace('"1.0"', '"9"'), "base_urls.x: is missing"),
        ("name = ", "is not TOML"),
    ],
)
async def test_a_broken_one_keeps_the_old_and_is_alarmed_until_it_is_mended(
    desk: Desk, text: str, said: str
) -> None:
    desk.write(text)
    with capture_logs() as lines:
        await desk.turn()
        await desk.turn()
    assert [reader.versions for reader in desk.readers] == [[], []]
    assert len(desk.told) == 1
    assert desk.told[0][1].startswith("站点配置有误，未载入，原配置继续有效：")
    assert said in desk.told[0][1]
    assert [line["event"] for line in lines] == ["profile refused; what was in use goes on"]

    desk.write(_SITE.replace('"1.0"', '"2.0"'))
    await desk.turn()
    assert desk.told[1:] == [("PROFILE_REFUSED", "")]
    assert desk.readers[1].versions == ["2.0"]


async def test_what_waits_for_a_start_is_said(desk: Desk) -> None:
    desk.write("quiet_period_s = 900\n" + _SITE)
    with capture_logs() as lines:
        await desk.turn()

    assert lines[-1]["keys"] == ["quiet_period_s"]


async def test_an_alert_the_database_did_not_take_is_told_again(desk: Desk) -> None:
    desk.write("name = ")
    desk.away = True
    with pytest.raises(StoreUnavailable):
        await desk.turn()
    desk.away = False
    await desk.turn()
    assert len(desk.told) == 1
