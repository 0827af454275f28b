"""Catalogues as the simulator makes them up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from mi_bridge.errors import FileFault
from mi_bridge.insurer.catalogue_kind import catalogue_kinds
from mi_bridge.insurer.files.archive import TextArchive
from mi_bridge.insurer.profile import load_profile
from mi_bridge.simulator import SimulatorConfig, running_simulator
from mi_bridge.simulator.catalogue_content import CatalogueContent
from mi_bridge.simulator.catalogue_order import CatalogueFault, CatalogueOrder

KINDS = catalogue_kinds(load_profile("demo"))


def content(infno: str = "1301", seed: int = 1, **order: Any) -> CatalogueContent:
    return CatalogueContent(KINDS[infno], CatalogueOrder(infno=infno, **order), seed)


def written(made: CatalogueContent, version: int, path: Path) -> list[list[str | None]]:
    made.write(path, version)
    return [row.values for row in TextArchive(path).rows()]


def test_the_same_seed_gives_the_same_file_and_another_another(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        content(seed=seed).write(path, 1)
    first, second, third = (path.read_bytes() for path in paths)
    assert first == second != third


def test_a_file_holds_what_its_version_brings(tmp_path: Path) -> None:
    made = content(rows=100, versions=3)
    key = KINDS["1301"].columns.index("唯一记录号")
    sizes = [len(written(made, version, tmp_path / "x")) for version in (1, 2, 3)]
    assert sizes == [made.count(version) for version in (1, 2, 3)] == [100, 15, 15]
    rows = written(made, 2, tmp_path / "x")
    assert len({row[key] for row in rows}) == len(rows)
    cells = {cell for row in written(made, 1, tmp_path / "x") for cell in row}
    assert {None, "", "片剂"} <= cells


@pytest.mark.parametrize("fault", [CatalogueFault.CORRUPT, CatalogueFault.COLUMNS, CatalogueFault.ENCODING])
def test_a_file_is_damaged_as_ordered(fault: CatalogueFault, tmp_path: Path) -> None:
    with pytest.raises(FileFault):
        written(content(rows=3000, fault=fault), 1, tmp_path / "x")


def test_a_question_names_the_next_version_until_there_is_none(window: Any) -> None:
    window.simulator.platform.centre.catalogues.order(CatalogueOrder(infno="1305", versions=2))
    counts = [
        window.ok("1305", {"data": {"ver": ver}})["data_cnt"] for ver in ("v0000", "v0001", "v0002", "v9")
    ]
    assert counts[0] == 40
    assert counts[1] > 0
    assert counts[2:] == [0, 0]
    assert "ver" in window.call("1305", {"data": {"ver": ""}})["err_msg"]


def test_faults_of_the_platform_itself(window: Any) -> None:
    orders = window.simulator.platform.centre.catalogues
    orders.order(CatalogueOrder(infno="1305", fault=CatalogueFault.REPEAT))
    orders.order(CatalogueOrder(infno="1306", fault=CatalogueFault.ENDLESS))
    for ver in ("v0000", "v0007"):
        assert window.ok("1305", {"data": {"ver": ver}})["data_cnt"] == 40
        assert window.ok("1306", {"data": {"ver": ver}})["data_cnt"] > 0


def test_pages_follow_each_other(window: Any) -> None:
    def page(number: int, since: str = "2020-01-01", size: int = 30) -> list[Any]:
        data = {"updt_time": since, "page_num": number, "page_size": size}
        return list(window.ok("1312", {"data": data})["data"])

    rows = page(1) + page(2)
    assert len({row["rid"] for row in rows}) == 40
    assert page(3) == []
    newest = max(row["updt_time"] for row in rows)
    assert [row["updt_time"] for row in page(1, newest)] == [newest]
    window.simulator.platform.centre.catalogues.order(
        CatalogueOrder(infno="1312", fault=CatalogueFault.REPEAT)
    )
    assert page(2) == page(1)
    assert "updt_time" in window.call("1312", {"data": {"page_num": 1, "page_size": 1}})["err_msg"]


async def test_orders_come_over_http() -> None:
    async with running_simulator(SimulatorConfig()) as running, httpx.AsyncClient(trust_env=False) as client:
        url = f"{running.base_url}/_simulator/catalogues"
        assert (await client.get(url)).json()["orders"] == [
            {"infno": "*", "rows": 40, "versions": 1, "fault": None}
        ]
        assert (await client.post(url, json={"infno": "1301", "rows": 7})).json()["orders"][1]["rows"] == 7
        assert (await client.post(url, json={"infno": "2207"})).status_code == 400
        assert (await client.post(url, json={"infno": "1301", "rows": -1})).status_code == 400
