from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.profile.changing import ProfileFile, at_once
from mi_bridge.insurer.profile.loading import load_profile

SITE = """
name = "site"
mdtrtarea_admvs = "990101"
recer_sys_code = "99"
infver = "1.0.0"
[signing]
kind = "none"
"""


def site(more: str = "") -> Profile:
    return Profile.model_validate({**tomllib.loads(SITE), **tomllib.loads(more)})


def write(file: Path, text: str) -> None:
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))


def test_a_file_is_read_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    write(path, SITE)
    file = ProfileFile(str(path))

    assert file.look() is None
    write(path, SITE.replace("1.0.0", "2.0"))
    assert file.look() == load_profile(path)
    assert file.look() is None


def test_a_file_that_broke_or_went_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    write(path, SITE)
    file = ProfileFile(str(path))

    write(path, SITE + "colour = 1")
    with pytest.raises(ProfileError, match="colour"):
        file.look()
    assert file.look() is None
    path.unlink()
    with pytest.raises(ProfileError, match="cannot be read"):
        file.look()
    assert file.look() is None


def test_messages_and_their_reading_change_at_once() -> None:
    new = site('cainfo = "1"\nnull_text = "null"\ntitle = "t"\n')
    taken, waiting = at_once(site(), new)

    assert (taken, waiting) == (new, ())


def test_what_a_running_node_is_built_on_waits_for_the_next_start() -> None:
    new = site('quiet_period_s = 900\nmsgid = "second"\nreversible = ["2207"]\ninfver = "2"\n')
    taken, waiting = at_once(site(), new)

    assert waiting == ("msgid", "reversible", "quiet_period_s")
    assert taken == site('infver = "2"\n')


def test_of_an_interface_only_its_writing_changes_at_once() -> None:
    old = site('[interfaces.2207]\nmoney_class = "M"\n[interfaces.1101]\npath = "/a"\ncall_timeout_s = 5\n')
    new = site('[interfaces.2207]\nmoney_class = "N"\nrecer_sys_code = "X"\n')
    taken, waiting = at_once(old, new)

    assert waiting == ("interfaces.1101.call_timeout_s", "interfaces.2207.money_class")
    assert taken.receiver("2207") == "X"
    assert taken.interface("2207").money_class == "M"
    assert (taken.interface("1101").path, taken.call_timeout("1101")) == ("", 5)
