"""Every sample message there is beside the project, through the stored procedure, and what HIS sees of it.

The samples are other people's and stay outside: this file and ``real_input.toml`` hold their names and outcomes only.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge_thread import BridgeThread
from his_desk import HisDesk, Line
from insurer_platform import InsurerPlatform
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.input_text import read_input
from mi_bridge.settings import Settings
from site_settings import site_values

_SAMPLES = Path(__file__).parents[3] / "shared" / "nhsa" / "samples"
_TABLE = tomllib.loads(Path(__file__).with_name("real_input.toml").read_text(encoding="utf-8"))
_CASES = [*_TABLE["cases"], *_TABLE["misnamed"], *_TABLE["turned_away"], *_TABLE["damaged"]]
_OWN = "the answer's"
_FILE = b"1\t\t2\n"

pytestmark = pytest.mark.skipif(
    not _SAMPLES.is_dir(), reason=f"the sample messages are not there: {_SAMPLES} is no folder"
)


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    request: str = ""
    infno: str = ""
    answer: str = ""
    broken: str = ""
    seen: str = ""

    @property
    def code(self) -> str:
        return self.infno or self.request.partition("-")[0]

    @property
    def expected(self) -> dict[str, Any]:
        return dict(_TABLE["seen"][self.seen])

    @property
    def served(self) -> str:
        """The name the answer has in the replay folder."""
        return self.answer.replace("-response-", f"-{self.broken}-response-") if self.broken else self.answer

    @property
    def input(self) -> str:
        """The input as it stands in the sample, character by character."""
        if not self.request:
            nodes = Catalogue.load().get(self.code).input_nodes
            return json.dumps({node: {"psn_no": "1"} for node in nodes} or {"psn_no": "1"})
        return read_input(_text(self.request), limit_bytes=10**6).slices()["input"]

    def __str__(self) -> str:
        return "+".join(part for part in (self.code, self.request, self.served) if part)


def _text(name: str) -> str:
    return (_SAMPLES / name).read_text(encoding="utf-8")


def _damage(kind: str, text: str) -> bytes:
    damages: dict[str, Callable[[], bytes]] = {
        "trailing_comma": lambda: f"{text.rstrip()[:-1].rstrip()},}}".encode(),
        "half": lambda: text.encode()[: len(text.encode()) // 2],
        "gbk": lambda: text.encode("gb18030"),
        "page": lambda: "<html><body>502 网关错误</body></html>".encode(),
        "nothing": lambda: b"",
    }
    return damages[kind]()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample answers, and damaged ones made of them."""
    folder = tmp_path_factory.mktemp("answers")
    for sample in _SAMPLES.glob("*-response-*.json"):
        (folder / sample.name).symlink_to(sample)
    for case in (Case(**line) for line in _TABLE["damaged"]):
        (folder / case.served).write_bytes(_damage(case.broken, _text(case.answer)))
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sample upload (9101) names, where HIS puts it."""
    files = tmp_path_factory.mktemp("files")
    (files / "name").write_bytes(_FILE)
    return files


@dataclass
class Scene:
    """A hospital, its bridge, and a platform that answers with samples."""

    his: HisDesk
    platform: InsurerPlatform
    shown: Counter[str]


@pytest.fixture(scope="module")
def scene(
    new_database: Callable[..., str], hospital_template: str, folder: Path, files: Path
) -> Iterator[Scene]:
    """One for all samples."""
    with ExitStack() as stack:
        database = new_database(hospital_template)
        platform = stack.enter_context(InsurerPlatform(mode="replay", replay_folder=folder))
        his = stack.enter_context(HisDesk(database))
        values = site_values(database, platform.base_url, "node-a") | {"files": {"dir": str(files)}}
        stack.enter_context(BridgeThread(Settings.model_validate(values)))
        yield Scene(his, platform, Counter())


def _leaves(value: Any) -> list[str]:
    """Return every value in a tree as it is written, in any order."""
    if isinstance(value, dict):
        return sorted(leaf for member in value.values() for leaf in _leaves(member))
    if isinstance(value, list):
        return sorted(leaf for member in value for leaf in _leaves(member))
    return [str(value)]


def _written(text: str | bytes) -> Any:
    return json.loads(text, parse_float=str, parse_int=str)


def _err_msg(case: Case) -> str:
    """Return the error text HIS is to find in its view."""
    if case.expected["err_msg"] != _OWN:
        return str(case.expected["err_msg"])
    answer = json.loads(_text(case.answer))
    return str(answer.get("err_msg") or answer.get("message") or "")


def _check_line(case: Case, line: Line) -> None:
    expected = case.expected
    assert (line.status, line.result_status) == (expected["status"], expected["result_status"]), line
    assert line.infcode == expected.get("infcode"), line
    if expected["err_msg"] == _OWN:
        assert line.err_msg == _err_msg(case)
    else:
        assert expected["err_msg"] in (line.err_msg or "")
    if case.answer and not case.broken:
        assert line.response_data == _text(case.answer), "HIS reads the answer character by character"


def _check_sent(case: Case, platform: InsurerPlatform) -> None:
    if case.code == "9101":
        assert _FILE in platform.bodies[-1], "an upload carries the file, and the input in a form beside it"
        return
    sent = _written(platform.bodies[-1])
    assert sent["infno"] == case.code
    assert _leaves(sent["input"]) == _leaves(_written(case.input)), "every value leaves as HIS wrote it"


@pytest.mark.parametrize("case", [Case(**line) for line in _CASES], ids=str)
def test_what_his_sees(case: Case, scene: Scene) -> None:
    his, platform = scene.his, scene.platform
    if case.answer:
        platform.replay(case.code, case.served)
    before = len(platform.messages())

    # a key of its own: an uncertain outcome blocks the patient, who is the same in many samples
    answer = his.queue(case.code, case.input, retry_count=0, serial_key=str(case)[:64])

    if answer.request_id is None:
        assert answer.error_code == case.expected["error_code"]
        assert case.expected["err_msg"] in answer.error_message
        return
    line = his.ended(answer.request_id)
    told = his.wait(answer.request_id, 0)
    _check_line(case, line)
    assert told.error_code == case.expected["error_code"]
    unsent = case.expected["error_code"] == -1001
    assert len(platform.messages()) - before == (0 if unsent else 1)
    if not unsent:
        _check_sent(case, platform)
        scene.shown[case.answer] += 1


@pytest.mark.parametrize("case", [Case(**line) for line in _TABLE["cases"]], ids=str)
def test_what_his_is_told_at_once(case: Case, scene: Scene) -> None:
    """The same through ``sp_medical_insurance_call_v2``, which waits for the answer."""
    if case.answer:
        scene.platform.replay(case.code, case.served)

    told = scene.his.call_v2(case.code, case.input, retry_count=0, serial_key=f"v2 {case}"[:64])

    assert told.error_code == case.expected["error_code"], told
    if told.request_id is None:
        assert case.expected["err_msg"] in told.error_message
        return
    _check_line(case, scene.his.line(told.request_id))
    assert told.result == scene.his.line(told.request_id).response_data


def test_no_sample_is_left_out(scene: Scene) -> None:
    files = {path.name for path in _SAMPLES.glob("*.json")}
    named = {name for line in _CASES for name in (line.get("request"), line.get("answer")) if name}

    assert named == files
    assert scene.shown.keys() >= {name for name in files if "-response-" in name}
