"""The shipped tables themselves, and what is said of a broken one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.check import dictionary, field_table
from mi_bridge.insurer.check.field import FieldType
from mi_bridge.insurer.check.field_table import borrowed_layouts, read_fields, size_of
from mi_bridge.insurer.check.layout import compile_layout
from mi_bridge.insurer.profile.checks import Checks
from mi_bridge.resources import folder

_FIELDS = folder("config") / "catalogue" / "fields"


def layouts() -> list[str]:
    found: dict[str, None] = {}
    for path in sorted(_FIELDS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found |= {row["infno"]: None for row in csv.DictReader(lines)}
    return list(found)


def test_every_published_interface_is_there_and_compiles() -> None:
    codes = layouts()
    # 212 of the specification less 5101, which repeats the envelope, and two more layouts of the settlement list
    assert len(codes) == 213
    assert all(compile_layout(code.partition("@")[0], Checks()) for code in codes)


def test_every_table_has_its_transaction() -> None:
    known = {transaction.infno for transaction in Catalogue.load()}
    assert {code.partition("@")[0] for code in layouts()} <= known
    assert set(borrowed_layouts()) <= known


def test_every_top_node_is_one_the_catalogue_knows() -> None:
    nodes = {transaction.infno: transaction.input_nodes or ("",) for transaction in Catalogue.load()}
    strange = {
        (code, field.node)
        for code in layouts()
        for field in read_fields(code)
        if field.node.partition(".")[0] not in nodes[code.partition("@")[0]]
        and "" not in nodes[code.partition("@")[0]]
    }
    # the list of 2021 carries a node that the later one dropped; it is checked as what HIS writes beside the others
    assert strange == {("4101@2021", "iteminfo")}


def test_an_interface_without_a_table_is_not_checked() -> None:
    assert read_fields("1160") == ()
    assert read_fields("") == ()
    assert compile_layout("D005", Checks()) == {}


def test_sizes() -> None:
    assert size_of(FieldType.TEXT, "30") == (30, -1)
    assert size_of(FieldType.NUMBER, "16,2") == (14, 2)
    assert size_of(FieldType.TEXT, "") == (0, -1)
    for kind, text in ((FieldType.TEXT, "16,2"), (FieldType.NUMBER, "2,2"), (FieldType.TEXT, "x")):
        with pytest.raises(ValueError, match=r"size|literal"):
            size_of(kind, text)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "catalogue" / "fields").mkdir(parents=True)
    for module in (field_table, dictionary):
        monkeypatch.setattr(module, "folder", lambda _: tmp_path)
    borrowed_layouts.cache_clear()
    dictionary._rows.cache_clear()
    return tmp_path / "catalogue"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    borrowed_layouts.cache_clear()
    dictionary._rows.cache_clear()


_HEAD = "infno,node,field,name,type,length,required,dict,when\n"


@pytest.mark.parametrize(
    "row", ["1101,data,a,甲,word,3,Y,,", "1101,data,a,甲,text,x,Y,,", "1101,data,a,甲,text,3,maybe,,"]
)
def test_a_broken_row_is_named(place: Path, row: str) -> None:
    (place / "fields" / "11.csv").write_text(f"{_HEAD}{row}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"11\.csv, line 2"):
        read_fields("1101")


def test_missing_files_are_named(place: Path) -> None:
    with pytest.raises(CatalogueError, match=r"borrowed_layouts\.csv"):
        borrowed_layouts()
    with pytest.raises(CatalogueError, match=r"dictionaries\.csv"):
        dictionary.find_dictionary("gend")


def test_an_unknown_dictionary() -> None:
    with pytest.raises(CatalogueError, match=r"dictionaries\.nope"):
        dictionary.find_dictionary("nope")
