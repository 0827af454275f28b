from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.catalogue_kind import CatalogueKind, catalogue_kinds, version_rank
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.catalogues import Catalogues, CatalogueSite


@pytest.fixture(scope="module")
def kinds() -> dict[str, CatalogueKind]:
    return catalogue_kinds(load_profile("demo"))


def site(**kinds: CatalogueSite) -> Profile:
    return load_profile("demo").model_copy(update={"catalogues": Catalogues(kinds=kinds)})


def test_the_kinds_are_those_of_the_specification(kinds: dict[str, CatalogueKind]) -> None:
    enabled = [infno for infno, kind in kinds.items() if kind.enabled]
    assert enabled == [str(code) for code in range(1301, 1320)]
    assert len(kinds["1301"].columns) == 97
    assert (kinds["1301"].columns[0], kinds["1301"].columns[96]) == ("医疗目录编码", "失效时间")
    pages = [infno for infno, kind in kinds.items() if kind.way == "pages"]
    assert pages == ["1304", "1312", "1316", "1317", "1318", "1319"]
    assert (kinds["1301"].first_version, kinds["1312"].first_version) == ("v0000", "2020-01-01 00:00:00")


def test_a_row_becomes_an_item(kinds: dict[str, CatalogueKind]) -> None:
    kind = kinds["1305"]
    values: list[str | None] = [None] * 19
    named = {
        "医疗目录编码": "001",
        "医疗服务项目名称": "",
        "唯一记录号": "r",
        "开始日期": "20260131",
        "结束日期": "2026-02-30",
    }
    for name, value in named.items():
        values[kind.columns.index(name)] = value
    item = kind.item(values)
    assert item == {
        "item_key": "r",
        "item_code": "001",
        "item_name": None,
        "pinyin": None,
        "valid_flag": None,
        "begin_date": "2026-01-31",
        "end_date": None,
        "version": None,
        "row_data": named,
    }


def test_the_key_is_whole_and_fits(kinds: dict[str, CatalogueKind]) -> None:
    both = kinds["1305"].model_copy(update={"key": ("医疗目录编码", "唯一记录号")})
    assert both.item_of({"医疗目录编码": "1", "唯一记录号": 2})["item_key"] == "1|2"
    assert len(both.item_of({"医疗目录编码": "1" * 300, "唯一记录号": "2"})["item_key"]) == 64
    assert both.item_of({"医疗目录编码": "1", "唯一记录号": "r1 "})["item_key"] == "1|r1", "as T-SQL compares"
    with pytest.raises(KeyError, match="唯一记录号"):
        both.item_of({"医疗目录编码": "1", "唯一记录号": ""})


def test_a_site_changes_what_differs_and_nothing_else() -> None:
    changed = catalogue_kinds(
        site(**{"1306A": CatalogueSite(enabled=True, first_version="F001", page_size=7)})
    )["1306A"]
    assert (changed.enabled, changed.first_version, changed.page_size) == (True, "F001", 7)
    assert changed.columns == catalogue_kinds(load_profile("demo"))["1306A"].columns


@pytest.mark.parametrize(
    ("infno", "change", "words"),
    [
        ("9999", {}, "catalogues.kinds.9999: is no catalogue"),
        ("1301", {"columns": ("a", "a")}, "columns names one twice"),
        ("1301", {"code": "没有的列"}, "columns lacks 没有的列"),
        ("1301", {"key": ()}, "catalogues.kinds.1301.key"),
    ],
)
def test_a_wrong_change_is_named(infno: str, change: dict[str, Any], words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        catalogue_kinds(site(**{infno: CatalogueSite(**change)}))


def test_a_data_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "kinds.toml").write_text("[", encoding="utf-8")
    for name in ("kinds.toml", "missing.toml"):
        with pytest.raises(CatalogueError, match=name):
            catalogue_kinds(load_profile("demo"), tmp_path / name)


def test_versions_are_compared_by_their_numbers() -> None:
    ordered = ["", "v0000", "v9", "v10", "v10.2", "v10.10", "v20260101"]
    assert sorted(set(ordered), key=version_rank) == ordered


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_versions_can_be_compared(one: str, other: str) -> None:
    assert isinstance(version_rank(one) < version_rank(other), bool)
