"""The platform's catalogues on their way into the tables, whole or not at all, however often the way is cut."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalogue_site import CatalogueSite
from insurer_platform import InsurerPlatform
from mi_bridge.bridge.job import Progress
from mi_bridge.bridge.job_runner import JobResult
from mi_bridge.cli.main import program
from mi_bridge.insurer.profile.catalogues import CatalogueSite as Layout
from mi_bridge.insurer.profile.interface import Interface
from mi_bridge.store.job_port import JobOutcome
from site_settings import write_settings


@pytest.fixture
def site(hospital_database: str, platform: InsurerPlatform, tmp_path: Path) -> CatalogueSite:
    return CatalogueSite(hospital_database, platform, tmp_path)


def expected(site: CatalogueSite, infno: str) -> dict[str, list[str | None]]:
    """Return what the platform would have us hold, by key."""
    found = site.platform.simulator.platform.centre.catalogues.find(infno)
    assert found is not None
    kind, content = found
    held: dict[str, list[str | None]] = {}
    for version in range(1, content.newest + 1):
        for row in content.rows_of(version):
            cells = content.cells(row, version)
            held[str(cells[kind.columns.index(kind.key[0])])] = cells
    return held


def held(site: CatalogueSite, infno: str) -> dict[str, list[str | None]]:
    """Return what the table holds, as the platform's columns."""
    found = site.platform.simulator.platform.centre.catalogues.find(infno)
    assert found is not None
    kind = found[0]
    rows = {item[0]: json.loads(item[5]) for item in site.items(infno)}
    return {key: [row.get(name) for name in kind.columns] for key, row in rows.items()}


def test_every_catalogue_comes_whole(site: CatalogueSite) -> None:
    result = site.sync()
    assert result.outcome is JobOutcome.SUCCEEDED, result.message
    codes = [
        row[0] for row in site.rows("SELECT catalogue FROM v_medical_insurance_catalogue_syncs ORDER BY 1")
    ]
    assert codes == [str(code) for code in range(1301, 1320)]
    for infno in codes:
        assert held(site, infno) == expected(site, infno), infno
        assert site.standing(infno)["item_count"] == 40
    assert site.sync().outcome is JobOutcome.SUCCEEDED
    assert site.rows("SELECT count(*) FROM v_medical_insurance_catalogue") == [(19 * 40,)]
    assert list((site.folder / "catalogue").iterdir()) == []


def test_version_follows_version_until_nothing_is_newer(site: CatalogueSite) -> None:
    site.order("1301", rows=100, versions=4)
    seen: list[Progress] = []
    assert site.sync("1301", watch=seen.append).outcome is JobOutcome.SUCCEEDED
    assert held(site, "1301") == expected(site, "1301")
    assert (site.standing("1301")["version"], site.standing("1301")["item_count"]) == ("v0004", 115)
    flags = dict(site.rows("SELECT valid_flag, count(*) FROM v_medical_insurance_catalogue GROUP BY 1"))
    assert flags["0"] > 0
    assert seen[-1].done == seen[-1].total
    asked = site.platform.messages(infno="1301")
    site.order("1301", rows=100, versions=5)
    assert "新增 5" in site.sync("1301").message
    assert len(site.platform.messages(infno="1301")) == len(asked) + 2
    assert held(site, "1301") == expected(site, "1301")


def test_pages_follow_each_other_and_only_what_is_newer_is_asked_for(site: CatalogueSite) -> None:
    site.order("1312", rows=250)
    assert site.sync("1312").outcome is JobOutcome.SUCCEEDED
    assert held(site, "1312") == expected(site, "1312")
    assert len(site.platform.messages(infno="1312")) == 3
    site.order("1312", rows=250, versions=2)
    assert site.sync("1312").outcome is JobOutcome.SUCCEEDED
    assert held(site, "1312") == expected(site, "1312")
    assert len(site.platform.messages(infno="1312")) == 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("corrupt", "行：is "),
        ("columns", "第 39 行：has 96 columns instead of 97"),
        ("encoding", "第 39 行：is not UTF-8"),
    ],
)
def test_a_faulty_file_is_kept_aside_and_nothing_of_it_is_loaded(
    site: CatalogueSite, fault: str, words: str
) -> None:
    site.order("1301", fault=fault, rows=40 if fault != "corrupt" else 2000)
    result = site.sync("1301")
    assert result.outcome is JobOutcome.FAILED
    assert words in result.message
    assert "1301.txt.zip/1301_v0001.txt" in result.message
    assert site.items("1301") == []
    kept = sorted(path.name for path in (site.folder / "quarantine").iterdir())
    assert [name.partition("-1301")[2] for name in kept] == [".txt.zip", ".txt.zip.reason.txt"]
    assert words in site.standing("1301")["message"]
    alert = site.rows("SELECT alert_type FROM sp_check_medical_insurance_alerts()")
    assert ("JOB_FAILED",) in alert
    site.order("1301", rows=40)
    assert site.sync("1301").outcome is JobOutcome.SUCCEEDED
    assert held(site, "1301") == expected(site, "1301")
    assert site.standing("1301")["message"] is None
    assert ("JOB_FAILED",) not in site.rows("SELECT alert_type FROM sp_check_medical_insurance_alerts()")


def test_one_catalogue_that_fails_does_not_keep_the_others_back(site: CatalogueSite) -> None:
    site.order("1301", fault="refused")
    result = site.sync("1301", "1302")
    assert result.outcome is JobOutcome.FAILED
    assert "FSI-文件不存在" in result.message
    assert len(site.items("1302")) == 40


def test_a_platform_that_repeats_itself_comes_to_an_end(site: CatalogueSite) -> None:
    for infno in ("1305", "1312"):
        site.order(infno, fault="repeat", rows=200)
        for _ in range(2):
            assert site.sync(infno).outcome is JobOutcome.SUCCEEDED
    assert len(site.items("1305")) == 200
    assert len(site.platform.messages(infno="1305")) == 3
    assert len(site.items("1312")) == 199
    assert len(site.platform.messages(infno="1312")) == 4


def test_a_platform_without_an_end_is_given_up(site: CatalogueSite) -> None:
    few = site.profile.catalogues.model_copy(update={"most_files": 3, "most_pages": 2, "page_size": 100})
    site.profile = site.profile.model_copy(update={"catalogues": few})
    site.order("1305", fault="endless")
    site.order("1312", rows=300)
    result = site.sync("1305", "1312")
    assert result.outcome is JobOutcome.FAILED
    assert "新版本过多" in result.message
    assert "页数过多" in result.message
    assert site.standing("1305")["version"] == "v0003"


def test_anew_from_the_first_version(site: CatalogueSite) -> None:
    site.order("1302", rows=60, versions=3)
    site.sync("1302")
    before = site.items("1302")
    assert site.sync("1302", full=True).outcome is JobOutcome.SUCCEEDED
    assert site.items("1302") == before
    assert site.standing("1302")["version"] == "v0003"


def test_what_the_network_does_is_survived(site: CatalogueSite) -> None:
    site.platform.order(
        {"fault": "half_answer", "infno": "9102", "times": 1},
        {"fault": "reset_before", "infno": "1301", "times": 1},
        {"fault": "empty_body", "infno": "9102", "times": 1},
    )
    assert site.sync("1301").outcome is JobOutcome.SUCCEEDED
    assert site.platform.struck() == 3
    assert held(site, "1301") == expected(site, "1301")


def test_the_views_say_what_his_joins_by(site: CatalogueSite) -> None:
    site.sync("1301", "1318")
    drug = site.rows(
        "SELECT item_code, item_name, generic_name FROM v_medical_insurance_catalogue_drugs ORDER BY 1"
    )[0]
    assert drug[0] == "X1301000000000"
    assert drug[1].endswith("0")
    assert len(site.rows("SELECT * FROM v_medical_insurance_catalogue_prices")) == 40


def test_a_site_s_own_layout_is_data(site: CatalogueSite) -> None:
    wrong = Layout(columns=("诊断代码", "诊断名称"))
    kinds = site.profile.catalogues.model_copy(update={"kinds": {"1307": wrong}})
    site.profile = site.profile.model_copy(update={"catalogues": kinds})
    result = site.sync("1307")
    assert result.outcome is JobOutcome.FAILED
    assert "catalogues.kinds.1307.columns: columns lacks 唯一记录号" in result.message


def test_a_catalogue_without_an_address_is_left_out_unless_it_is_asked_for(site: CatalogueSite) -> None:
    off = {f"13{number:02d}": Interface(enabled=False) for number in range(2, 20)}
    site.profile = site.profile.model_copy(update={"interfaces": off})
    result = site.sync()
    assert result.outcome is JobOutcome.SUCCEEDED
    assert "1 种目录已同步" in result.message
    assert "未同步：1302，1303" in result.message
    assert site.standing("1302")["message"] is None
    asked = site.sync("1302")
    assert asked.outcome is JobOutcome.FAILED
    assert "1302" in asked.message


def test_a_folder_that_cannot_be_written_to_is_named(site: CatalogueSite) -> None:
    (site.folder / "catalogue").write_text("no folder")
    result = site.sync("1307")
    assert "files.dir" in result.message


class Killed:
    """A synchronisation in a process of its own, killed when the table holds so much."""

    def __init__(self, site: CatalogueSite, folder: Path) -> None:
        self.site = site
        self.file = write_settings(folder, site.values)

    def run(self, infno: str, until: Callable[[], bool] | None = None) -> int:
        command = [
            sys.executable,
            "-m",
            "mi_bridge",
            "catalogue",
            "sync",
            "--kind",
            infno,
            "-c",
            str(self.file),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while until is not None and process.poll() is None and not until():
            time.sleep(0.002)
        if until is not None:
            process.kill()
        status = process.wait(60)
        # as if the dead one's term were over
        self.site.execute("DELETE FROM medical_insurance_terms")
        return status


def test_a_sync_killed_anywhere_goes_on_without_a_lost_or_doubled_row(
    site: CatalogueSite, tmp_path: Path
) -> None:
    rows = 6_000
    site.order("1302", rows=rows, versions=2)
    killed = Killed(site, tmp_path)

    def loaded(count: int) -> Callable[[], bool]:
        return lambda: bool(site.standing("1302")) and site.standing("1302")["item_count"] >= count

    def asked(infno: str) -> int:
        return len(site.platform.messages(infno=infno))

    # in the middle of the download, at the load's beginning and at its end
    site.platform.order({"fault": "dripping", "infno": "9102", "chunk_bytes": 2000, "times": 1})
    killed.run("1302", lambda: asked("9102") > 0)
    for count in (1, rows - 1000):
        assert killed.run("1302", loaded(count)) == -signal.SIGKILL
    downloads = asked("9102")
    standing = site.standing("1302")
    assert 0 < standing["loaded"] <= rows or standing["version"] == "v0001"
    assert killed.run("1302") == 0
    assert held(site, "1302") == expected(site, "1302")
    assert site.standing("1302")["item_count"] == len(expected(site, "1302"))
    assert asked("9102") - downloads <= 1 + (standing["source"] is None)
    assert site.rows("SELECT outcome, count(*) FROM medical_insurance_job_runs GROUP BY 1 ORDER BY 1") == [
        ("STOPPED", 3),
        ("SUCCEEDED", 1),
    ]


def test_a_later_sync_shuts_out_an_earlier_one(site: CatalogueSite) -> None:
    site.order("1302", rows=3000)
    later: list[JobResult] = []

    def overtake(progress: Progress) -> None:
        if not later:
            with ThreadPoolExecutor(1) as thread:
                later.append(thread.submit(site.sync, "1302", "1303", node="node-b").result())

    first = site.sync("1302", watch=overtake)
    assert first.outcome is JobOutcome.FAILED
    assert "另一个同步接管" in first.message
    assert later[0].outcome is JobOutcome.SUCCEEDED
    assert held(site, "1302") == expected(site, "1302")


def test_the_command_says_how_far_catalogues_are(site: CatalogueSite, tmp_path: Path) -> None:
    file = str(write_settings(tmp_path, site.values))
    run = CliRunner().invoke(program, ["catalogue", "status", "-c", file])
    assert run.output == "No catalogue was synchronised yet.\n"
    assert CliRunner().invoke(program, ["jobs", "-c", file]).output == "No job has run yet.\n"
    site.execute(
        "INSERT INTO medical_insurance_terms VALUES ('catalogue 1301', 'a dead node', now() + interval '1 second')"
    )
    run = CliRunner().invoke(program, ["catalogue", "sync", "-c", file, "--kind", "1301", "--json"])
    assert run.exit_code == 0, run.output
    assert "等待 1 秒" in run.output
    assert json.loads(run.output[run.output.index("{") :])["outcome"] == "SUCCEEDED"
    site.order("1305", fault="refused")
    failed = CliRunner().invoke(program, ["catalogue", "sync", "-c", file, "--kind", "1305"])
    assert failed.exit_code == 1
    assert "1305 医疗服务项目目录下载" in failed.output
    unknown = CliRunner().invoke(program, ["catalogue", "sync", "-c", file, "--kind", "9999"])
    assert unknown.exit_code == 78
    assert "9999 is no catalogue" in unknown.output
    table = CliRunner().invoke(program, ["catalogue", "status", "-c", file]).output
    assert "西药中成药目录下载" in table
    assert "v0001" in table
    rows = json.loads(CliRunner().invoke(program, ["catalogue", "status", "-c", file, "--json"]).output)
    assert [row["item_count"] for row in rows] == [40, 0]
    jobs = CliRunner().invoke(program, ["jobs", "-c", file]).output
    assert "catalogue 1301" in jobs
    shown = json.loads(CliRunner().invoke(program, ["jobs", "-c", file, "--json"]).output)
    assert [job["outcome"] for job in shown] == ["SUCCEEDED", "FAILED"]
