from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.errors import CatalogueError, UnknownInterface
from mi_bridge.insurer.catalogue import Catalogue, Kind

HEAD = "infno,name,group,kind,money_class,ordered,input_nodes,list_nodes,either_nodes,output_node,reversed_by,cancelled_by\n"


def test_all_transactions_are_there_once(catalogue: Catalogue) -> None:
    assert len(catalogue) == 291
    assert len({transaction.infno for transaction in catalogue}) == 291


def test_every_row_is_whole_and_points_at_known_codes(catalogue: Catalogue) -> None:
    for transaction in catalogue:
        assert transaction.name
        assert transaction.group
        assert set(transaction.list_nodes) | set(transaction.either_nodes) <= set(transaction.input_nodes)
        assert not set(transaction.list_nodes) & set(transaction.either_nodes)
        for undoing in filter(None, (transaction.reversed_by, transaction.cancelled_by)):
            assert undoing in catalogue
        for text in (transaction.name, transaction.group):
            assert not set(text) & set('()"')


def test_the_class_follows_from_kind_and_from_what_undoes_it(catalogue: Catalogue) -> None:
    for transaction in catalogue:
        reads = transaction.kind in (Kind.QUERY, Kind.SEARCH, Kind.DOWNLOAD, Kind.TRIAL)
        assert reads == (transaction.money_class is MoneyClass.QUERY), transaction.infno
        if transaction.money_class is MoneyClass.MONEY:
            assert transaction.reversed_by or transaction.cancelled_by, transaction.infno
        if transaction.kind in (Kind.UNDO, Kind.INBOUND):
            assert transaction.money_class is MoneyClass.NEVER, transaction.infno


@pytest.mark.parametrize(
    ("infno", "money_class", "ordered", "reversed_by", "cancelled_by"),
    [
        ("1101", "Q", False, "", ""),
        ("1301", "Q", False, "", ""),
        ("2201", "M", True, "", "2202"),
        ("2202", "N", True, "", ""),
        ("2203", "I", True, "", ""),
        ("2203A", "I", True, "", ""),
        ("2204", "M", True, "", "2205"),
        ("2205", "N", True, "", ""),
        ("2206", "Q", True, "", ""),
        ("2207", "M", True, "2601", "2208"),
        ("2208", "N", True, "2601", ""),
        ("2301", "M", True, "", "2302"),
        ("2303", "Q", True, "", ""),
        ("2304", "M", True, "2601", "2305"),
        ("2305", "N", True, "2601", ""),
        ("2401", "M", True, "2601", "2404"),
        ("2402", "M", True, "", "2405"),
        ("2601", "N", True, "", ""),
        ("3201", "Q", False, "", ""),
        ("4101", "I", False, "", ""),
        ("5203", "Q", False, "", ""),
        ("5369", "N", True, "", ""),
        ("9001", "I", False, "", "9002"),
        ("9002", "I", False, "", ""),
    ],
)
def test_the_classes_that_carry_money(
    catalogue: Catalogue, infno: str, money_class: str, ordered: bool, reversed_by: str, cancelled_by: str
) -> None:
    transaction = catalogue.get(infno)

    assert transaction.money_class == money_class
    assert transaction.ordered is ordered
    assert (transaction.reversed_by, transaction.cancelled_by) == (reversed_by, cancelled_by)


def test_an_unknown_code_is_refused_in_chinese(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownInterface, match="交易编号 9999 不在目录中"):
        catalogue.get("9999")


@pytest.mark.parametrize("infno", ["", "\x00\x01"])
def test_a_code_nobody_can_read_is_not_repeated(catalogue: Catalogue, infno: str) -> None:
    with pytest.raises(UnknownInterface, match="空或不可显示"):
        catalogue.get(infno)


def test_a_long_code_is_cut_in_the_message(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownInterface) as refused:
        catalogue.get("1' OR '1'='1" * 50)

    assert len(str(refused.value)) < 60


def test_what_the_platform_sends_cannot_be_called(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownInterface, match="由医保平台发起"):
        catalogue.get("6302")


def test_a_switched_off_transaction_is_refused(catalogue: Catalogue) -> None:
    site = catalogue.with_overrides({"2601": {"enabled": False}})

    with pytest.raises(UnknownInterface, match=r"2601.*未启用"):
        site.get("2601")


def test_overrides_change_only_what_they_name(catalogue: Catalogue) -> None:
    site = catalogue.with_overrides({"5261": {"name": "人员慢特病限额查询", "money_class": MoneyClass.NEVER}})

    assert site.get("5261").name == "人员慢特病限额查询"
    assert site.get("5261").money_class is MoneyClass.NEVER
    assert site.get("5261").kind is catalogue.get("5261").kind
    assert catalogue.get("5261").name == "结算单查询"
    assert len(site) == len(catalogue)


def test_an_unknown_code_becomes_a_transaction_of_class_n(catalogue: Catalogue) -> None:
    site = catalogue.with_overrides({"77001": {"name": "地方查询"}})

    assert "77001" in site
    assert site.get("77001").money_class is MoneyClass.NEVER


def test_an_override_of_a_field_that_is_none_names_it(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match=r"interfaces\.2207: has no field colour"):
        catalogue.with_overrides({"2207": {"colour": "red"}})


def test_what_2601_may_reverse_is_the_sites_own(catalogue: Catalogue) -> None:
    site = catalogue.with_overrides({}, reversible=["2207", "2208"])

    assert site.get("2208").money_class is MoneyClass.MONEY
    assert site.get("2208").reversed_by == "2601"
    assert site.get("2304").reversed_by == ""
    assert site.get("2304").money_class is MoneyClass.MONEY  # 2305 still cancels it
    assert site.get("2305").money_class is MoneyClass.NEVER


def test_class_m_ends_where_nothing_is_left_to_undo_it(catalogue: Catalogue) -> None:
    stranded = catalogue.with_overrides({"2207": {"cancelled_by": ""}}).with_overrides({}, reversible=[])

    assert stranded.get("2207").money_class is MoneyClass.NEVER


def test_a_reversible_code_nobody_knows_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="reversible: lists unknown codes 2907"):
        catalogue.with_overrides({}, reversible=["2207", "2907"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.csv.*cannot be read"):
        Catalogue.load(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("2207,门诊结算,组,nonsense,M,yes,data,,,setlinfo,2601,2208\n", "nonsense"),
        ("2207,门诊结算,组,change,X,yes,data,,,setlinfo,2601,2208\n", "X"),
        ("2207,门诊结算\n", "line 2"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(HEAD + row, encoding="utf-8")

    with pytest.raises(CatalogueError, match=fault) as refused:
        Catalogue.load(path)
    assert "own.csv, line 2" in str(refused.value)


def test_a_code_listed_twice_is_refused(tmp_path: Path) -> None:
    row = "2207,门诊结算,组,change,M,yes,data,,,setlinfo,2601,2208\n"
    path = tmp_path / "own.csv"
    path.write_text(HEAD + row + row, encoding="utf-8")

    with pytest.raises(CatalogueError, match="lists 2207 twice"):
        Catalogue.load(path)
