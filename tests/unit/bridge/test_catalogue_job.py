from __future__ import annotations

from datetime import time

import pytest

from mi_bridge.bridge.catalogue_job import CatalogueJob, chosen_kinds, nightly
from mi_bridge.domain.daily_window import DailyWindow
from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.settings import DatabaseSettings, InsurerSettings, ScheduleSettings, Settings


def settings(**schedule: str) -> Settings:
    return Settings(
        database=DatabaseSettings(dialect="postgresql"),
        insurer=InsurerSettings(base_url="http://h", org_code="H99990100002"),
        schedule=ScheduleSettings.model_validate(schedule),
    )


def test_the_night_s_job_begins_when_the_settings_say() -> None:
    assert nightly(settings()).window == DailyWindow(time(1), time(6))
    assert nightly(settings(catalogue_at="23:30", catalogue_until="02:00")).window == DailyWindow(
        time(23, 30), time(2)
    )
    assert nightly(settings(catalogue_at="")).window is None


def test_a_part_of_the_catalogues_is_another_job_than_all() -> None:
    assert CatalogueJob().name == "catalogue"
    assert CatalogueJob(only=("1301", "1302")).name == "catalogue 1301,1302"
    assert len(CatalogueJob(only=("1301",) * 40).name) == 64


def test_only_catalogues_are_chosen() -> None:
    site = load_profile("demo")
    assert [kind.infno for kind in chosen_kinds(site, ("1320",))] == ["1320"]
    with pytest.raises(ConfigurationError, match="kind: 2207 is no catalogue"):
        chosen_kinds(site, ("1301", "2207"))
