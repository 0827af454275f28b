from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.cli.demo.scenario import load_scenario
from mi_bridge.cli.demo.site import Site
from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile.drafting import draft_profile


def test_a_shipped_site_is_called_by_its_name() -> None:
    site = Site.of("guangzhou")

    assert (site.reference, site.profile.name) == ("guangzhou", "guangzhou")
    assert site.base_urls("http://h") == {"settlement_list": "http://h"}


def test_a_file_is_called_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft_profile("own", "hunan", tmp_path / "own.toml")
    monkeypatch.chdir(tmp_path)

    assert Site.of("own.toml").reference == str(tmp_path / "own.toml")


def test_a_site_nobody_knows_is_refused() -> None:
    with pytest.raises(ProfileError, match="nowhere"):
        Site.of("nowhere")


def test_steps_without_an_address_are_left_out_and_told() -> None:
    scenario = load_scenario()
    played, left_out = Site.of("zhejiang").playable(scenario)

    assert [step.infno for step in left_out] == ["5203"]
    assert len(played.step) == len(scenario.step) - 1
    assert Site.of("demo").playable(scenario) == (scenario, ())


def test_the_simulator_wants_a_sign_in_where_the_site_may() -> None:
    assert Site.of("hunan").simulation == ["--profile", "hunan"]
    assert Site.of("guangzhou").simulation == ["--profile", "guangzhou", "--require-sign-in"]
