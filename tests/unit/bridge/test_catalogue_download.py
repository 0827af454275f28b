"""What a synchronisation makes of strange answers, on doubles of platform and database."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from job_board import BoardStore, JobBoard
from mi_bridge.bridge.catalogue_download import CatalogueDownload, Offer
from mi_bridge.bridge.catalogue_pages import CataloguePages
from mi_bridge.bridge.catalogue_shelf import CatalogueShelf
from mi_bridge.bridge.job import JobContext, JobDatabase, Progress
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import JobFailed
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.catalogue_kind import CatalogueKind, catalogue_kinds
from mi_bridge.insurer.files.stored_file import StoredFile
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.settings import DatabaseSettings, FilesSettings, InsurerSettings, Settings
from mi_bridge.traffic.job_insurer import JobInsurer


class Platform:
    """Answers what it is told, one after the other; the last one for good."""

    def __init__(self, *answers: Any, archive: bytes = b"") -> None:
        self.answers = list(answers)
        self.archive = archive
        self.asked: list[Any] = []
        self.downloads = 0

    async def ask(self, infno: str, content: Any) -> Answer:
        self.asked.append(content["data"])
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return found if isinstance(found, Answer) else Answer(Outcome.OK, output=found)

    async def download(self, number: str, name: str, target: Path) -> Answer:
        self.downloads += 1
        if not self.archive:
            return Answer(Outcome.OK, text="{}")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(target.write_bytes, self.archive)
        return Answer(Outcome.OK, file=StoredFile(target, len(self.archive), "h" * 64))


class Table:
    """The catalogue's routines, accepting everything."""

    def __init__(self, store: BoardStore, **standing: Any) -> None:
        values = {"version": "v0000", "source": None, "hash": None, "next": None, "loaded": 0, "last": None}
        self.standing = values | standing
        self.loads: list[tuple[int, int]] = []
        self.versions: list[str] = []
        self.faults: list[tuple[str, int]] = []
        store.routines = {
            "sp_mi_catalogue_open": self._open,
            "sp_mi_catalogue_source": lambda *_: [(1,)],
            "sp_mi_catalogue_load": self._load,
            "sp_mi_catalogue_close": self._close,
            "sp_mi_catalogue_fault": self._fault,
        }

    def _open(self, *_: Any) -> list[Any]:
        one = self.standing
        return [
            (
                1,
                one["version"],
                one["source"],
                "x.zip",
                one["hash"],
                1,
                one["next"],
                one["loaded"],
                one["last"],
                0,
            )
        ]

    def _close(self, _infno: str, _epoch: int, version: str) -> list[Any]:
        self.versions.append(version)
        return [(1,)]

    def _fault(self, _infno: str, _epoch: int, text: str, forget: int) -> list[Any]:
        self.faults.append((text, forget))
        return [(1,)]

    def _load(self, _infno: str, _epoch: int, start: int, end: int, _items: str) -> list[Any]:
        self.loads.append((start, end))
        return [(1, end - start, 0)]


@pytest.fixture
def store() -> BoardStore:
    return BoardStore(JobBoard())


@pytest.fixture
def database(store: BoardStore) -> Iterator[JobDatabase]:
    made = JobDatabase(store)
    yield made
    made.stop()


@pytest.fixture
def run(database: JobDatabase, tmp_path: Path) -> Callable[..., Any]:
    """Run a catalogue's synchronisation against a platform; keys of ``[catalogues]`` by keyword."""

    async def make(platform: Platform, infno: str = "1305", **catalogues: Any) -> list[Progress]:
        profile: Profile = load_profile("demo")
        changed = profile.catalogues.model_copy(update=catalogues)
        profile = profile.model_copy(update={"catalogues": changed})
        settings = Settings(
            database=DatabaseSettings(dialect="postgresql"),
            insurer=InsurerSettings(base_url="http://h", org_code="H99990100002"),
            files=FilesSettings(dir=tmp_path),
        )
        seen: list[Progress] = []
        context = JobContext(cast("JobInsurer", platform), database, profile, settings, "n", seen.append)
        kind = catalogue_kinds(profile)[infno]
        shelf = await CatalogueShelf.open(database, infno, "n", kind.first_version, full=False)
        work = CatalogueDownload if kind.way == "file" else CataloguePages
        await work(kind, shelf, context).run()
        return seen

    return make


@pytest.fixture
def kind() -> CatalogueKind:
    return catalogue_kinds(load_profile("demo"))["1305"]


def archive(kind: CatalogueKind, path: Path, *rows: dict[str, str]) -> bytes:
    lines = ["\t".join(row.get(name, "null") for name in kind.columns) for row in rows]
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("x.txt", "\n".join(lines))
    return path.read_bytes()


OFFER = {"file_qury_no": "n", "filename": "x.zip", "data_cnt": "7"}
NOTHING = {"file_qury_no": "", "filename": "", "data_cnt": None}


@pytest.mark.parametrize(
    ("output", "empty"),
    [
        (OFFER, False),
        ({"file_qury_no": "n", "data_cnt": 0}, True),
        ({"file_qury_no": "n"}, False),
        (NOTHING, True),
        (None, True),
        ([], True),
        ({"file_qury_no": "n", "data_cnt": "many"}, False),
    ],
)
def test_an_offer_is_read_whatever_it_is(output: Any, empty: bool) -> None:
    assert Offer.of(output).empty is empty


async def test_another_number_of_rows_than_announced_is_no_fault(
    run: Any, store: BoardStore, kind: CatalogueKind, tmp_path: Path
) -> None:
    table = Table(store)
    content = archive(kind, tmp_path / "a", {"唯一记录号": "r", "版本号": "v0003"})
    platform = Platform(OFFER, NOTHING, archive=content)
    assert await run(platform) == [Progress("1305", 1, 1)]
    assert (table.loads, table.versions) == ([(0, 1)], ["v0003", "v0003"])
    assert [asked["ver"] for asked in platform.asked] == ["v0000", "v0003"]


async def test_a_file_without_versions_is_loaded_once(
    run: Any, store: BoardStore, kind: CatalogueKind, tmp_path: Path
) -> None:
    table = Table(store)
    platform = Platform(OFFER, archive=archive(kind, tmp_path / "a", {"唯一记录号": "r"}))
    await run(platform)
    assert (table.versions, platform.downloads) == (["v0000"], 1)


async def test_a_row_without_its_key_refuses_the_file(
    run: Any, store: BoardStore, kind: CatalogueKind, tmp_path: Path
) -> None:
    table = Table(store)
    rows = ({"唯一记录号": "r"}, {"版本号": "v1"})
    with pytest.raises(JobFailed, match="第 2 行：has no value in the key's column 唯一记录号"):
        await run(Platform(OFFER, archive=archive(kind, tmp_path / "a", *rows)))
    assert table.loads == []
    assert table.faults[0][1] == 1


async def test_an_answer_that_is_no_file_is_told(run: Any, store: BoardStore) -> None:
    Table(store)
    with pytest.raises(JobFailed, match="平台的应答不是文件"):
        await run(Platform(OFFER))


async def test_a_refusal_may_only_mean_that_nothing_is_newer(run: Any, store: BoardStore) -> None:
    table = Table(store, version="v0005")
    refusal = Answer(Outcome.REFUSED, err_msg="没有需要更新的数据")
    await run(Platform(refusal), nothing_newer=("没有需要更新",))
    assert table.versions == ["v0005"]
    with pytest.raises(JobFailed, match="没有需要更新的数据"):
        await run(Platform(refusal))


@pytest.mark.parametrize("left", [b"another file", None])
async def test_what_is_left_of_another_file_is_not_gone_on_with(
    run: Any, store: BoardStore, kind: CatalogueKind, tmp_path: Path, left: bytes | None
) -> None:
    table = Table(store, source="n", hash="a" * 64, loaded=900, next="v0009")
    if left is not None:
        (tmp_path / "catalogue").mkdir()
        (tmp_path / "catalogue" / "1305.txt.zip").write_bytes(left)
    content = archive(kind, tmp_path / "a", {"唯一记录号": "r", "版本号": "v0001"})
    platform = Platform(OFFER, NOTHING, archive=content)
    await run(platform)
    assert (platform.downloads, table.loads) == (1, [(0, 1)])


ROW = {"rid": "1", "updt_time": "2026-01-31 08:00:00"}


@pytest.mark.parametrize("output", [{"data": [ROW]}, [ROW]])
async def test_rows_are_found_in_their_node_or_alone(run: Any, store: BoardStore, output: Any) -> None:
    table = Table(store, version="2020-01-01")
    await run(Platform(output), "1312")
    assert (table.loads, table.versions) == ([(0, 1)], ["2026-01-31 08:00:00"])


@pytest.mark.parametrize("output", [{}, "", {"data": []}, []])
async def test_an_empty_page_is_the_end(run: Any, store: BoardStore, output: Any) -> None:
    table = Table(store, version="2020-01-01")
    await run(Platform(output), "1312")
    assert (table.loads, table.versions) == ([], ["2020-01-01"])


@pytest.mark.parametrize("output", [None, {"rows": []}, {"data": {"rid": "1"}}, [1], 7])
async def test_a_page_that_cannot_be_read_is_told(run: Any, store: BoardStore, output: Any) -> None:
    Table(store, version="2020-01-01")
    with pytest.raises(JobFailed, match=r"没有节点 output\.data"):
        await run(Platform(output), "1312")


async def test_a_page_with_a_row_without_key_is_not_loaded(run: Any, store: BoardStore) -> None:
    table = Table(store, version="2020-01-01")
    with pytest.raises(JobFailed, match="第 1 页有一行没有主键 rid"):
        await run(Platform({"data": [ROW, {"rid": ""}]}), "1312")
    assert table.loads == []


async def test_pages_go_on_where_they_stood(run: Any, store: BoardStore) -> None:
    since, highest = "2020-01-01", "2026-05-05"
    table = Table(store, version=since, source=f"pages {since}", loaded=3, next=highest)
    platform = Platform({"data": [{"rid": "1", "updt_time": None}]})
    await run(platform, "1312")
    assert platform.asked[0]["page_num"] == 3
    assert (table.loads, table.versions) == ([(2, 3)], [highest])
