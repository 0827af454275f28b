"""Catalogues in the database: a batch is loaded once, by whoever holds the catalogue, whatever is repeated."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.bridge.catalogue_file import batch_of
from mi_bridge.errors import StoreRejected
from mi_bridge.insurer.catalogue_kind import catalogue_kinds
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.connection import DatabaseConnection

KIND = catalogue_kinds(load_profile("demo"))["1301"]
HASH = "a" * 64


def item(number: int, **row: Any) -> dict[str, Any]:
    return KIND.item_of({"唯一记录号": f"r{number}", "医疗目录编码": f"X{number}", "版本号": "v1"} | row)


def batch(*items: dict[str, Any]) -> str:
    return batch_of(list(items)).items


class Shelf:
    """A catalogue, by its routines."""

    def __init__(self, connection: DatabaseConnection, node: str = "a") -> None:
        self.connection = connection
        self.standing = self.open(node)

    def open(self, node: str, *, full: bool = False) -> Any:
        self.standing = self.connection.call("sp_mi_catalogue_open", "1301", node, "v0000", int(full))[0]
        return self.standing

    @property
    def epoch(self) -> int:
        return int(self.standing[0])

    def source(self, loaded: int = 0) -> int:
        rows = self.connection.call(
            "sp_mi_catalogue_source", "1301", self.epoch, "M00/x", "x.zip", HASH, 4, "v0001", loaded
        )
        return int(rows[0][0])

    def load(self, start: int, end: int, *items: dict[str, Any]) -> tuple[int, int, int]:
        rows = self.connection.call("sp_mi_catalogue_load", "1301", self.epoch, start, end, batch(*items))
        return tuple(rows[0])

    def close(self, version: str) -> int:
        return int(self.connection.call("sp_mi_catalogue_close", "1301", self.epoch, version)[0][0])


@pytest.fixture
def shelf(connect: Callable[..., DatabaseConnection]) -> Shelf:
    return Shelf(connect())


def test_a_batch_is_loaded_once(shelf: Shelf, his: Any) -> None:
    assert shelf.source() == 1
    assert shelf.load(0, 2, item(1), item(2)) == (1, 2, 0)
    assert shelf.load(0, 2, item(1), item(2)) == (1, 0, 0)
    assert shelf.load(2, 4, item(2, 备注="改"), item(3)) == (1, 1, 1)
    assert shelf.load(7, 9, item(4)) == (0, 0, 0)
    assert shelf.close("v0001") == 1
    rows = his.execute("SELECT item_code, version FROM v_medical_insurance_catalogue ORDER BY 1").fetchall()
    assert [tuple(row) for row in rows] == [("X1", "v1"), ("X2", "v1"), ("X3", "v1")]
    standing = shelf.open("b")
    assert (standing[1], standing[2], standing[7], standing[8], standing[9]) == ("v0001", None, 0, HASH, 3)


def test_what_did_not_change_keeps_its_time(shelf: Shelf, his: Any) -> None:
    shelf.source()
    shelf.load(0, 1, item(1))
    before = his.execute("SELECT update_time FROM v_medical_insurance_catalogue").fetchone()[0]
    shelf.source()
    assert shelf.load(0, 1, item(1)) == (1, 0, 0)
    assert his.execute("SELECT update_time FROM v_medical_insurance_catalogue").fetchone()[0] == before


def test_whoever_opened_it_later_shuts_out_the_earlier(
    shelf: Shelf, connect: Callable[..., DatabaseConnection]
) -> None:
    shelf.source()
    later = Shelf(connect(), "b")
    assert later.standing[2] == "M00/x"
    assert shelf.load(0, 1, item(1)) == (0, 0, 0)
    assert (shelf.source(), shelf.close("v9")) == (0, 0)
    assert shelf.connection.call("sp_mi_catalogue_fault", "1301", shelf.epoch, "x", 1)[0][0] == 0
    assert later.load(0, 1, item(1)) == (1, 1, 0)


def test_a_faulty_source_is_forgotten_or_kept(shelf: Shelf) -> None:
    shelf.source()
    shelf.load(0, 1, item(1))
    shelf.connection.call("sp_mi_catalogue_fault", "1301", shelf.epoch, "断线", 0)
    assert (shelf.open("a")[2], shelf.open("a")[7]) == ("M00/x", 1)
    shelf.connection.call("sp_mi_catalogue_fault", "1301", shelf.epoch, "文件损坏" * 200, 1)
    assert (shelf.open("a")[2], shelf.open("a")[7]) == (None, 0)
    shown = shelf.connection.call("sp_mi_catalogues")[0]
    assert (shown[0], shown[1], len(shown[7])) == ("1301", None, 500)


def test_anew_from_the_first_version_keeps_the_items(shelf: Shelf) -> None:
    shelf.source()
    shelf.load(0, 1, item(1))
    shelf.close("v0007")
    standing = shelf.open("a", full=True)
    assert (standing[1], standing[8], standing[9]) == ("v0000", None, 1)


def test_values_keep_their_form_and_long_ones_are_cut_in_the_typed_columns_only(
    shelf: Shelf, his: Any
) -> None:
    long = "药" * 900
    shelf.source()
    shelf.load(
        0,
        1,
        item(
            1, 注册名称=long, 备注="", 拼音助记码="ym", 有效标志="0", 开始日期="2026-01-31", 结束日期="9999"
        ),
    )
    row = his.execute(
        "SELECT item_name, pinyin, valid_flag, begin_date, end_date, row_data ->> '注册名称', row_data ->> '备注',"
        " row_data ->> '别名' FROM v_medical_insurance_catalogue"
    ).fetchone()
    assert len(row[0]) == 500
    assert (row[1], row[2], str(row[3]), row[4]) == ("ym", "0", "2026-01-31", None)
    assert (row[5], row[6], row[7]) == (long, "", None)


def test_a_batch_that_is_no_batch_changes_nothing(shelf: Shelf) -> None:
    shelf.source()
    for bad in ("[", json.dumps([{"item_key": None, "row_data": {}}])):
        with pytest.raises(StoreRejected):
            shelf.connection.call("sp_mi_catalogue_load", "1301", shelf.epoch, 0, 1, bad)
    assert shelf.open("a")[7] == 0
