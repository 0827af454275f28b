"""A site that refuses faulty messages: what HIS reads of one, and that the platform never sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.bridge import node
from mi_bridge.resources import folder
from mi_bridge.settings import Settings
from site_settings import site_values
from waiting import eventually

_PERSON = {"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198001016571"}


@dataclass
class Scene:
    """A hospital whose profile refuses, and its platform."""

    his: HisDesk
    platform: InsurerPlatform
    rules: Path


@pytest.fixture(scope="module")
def scene(
    new_database: Callable[..., str], hospital_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    profile = _strict_profile(tmp_path_factory.mktemp("profile"))
    rules = tmp_path_factory.mktemp("rules")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(node, "RULES_EVERY_S", 0.2)
        database = new_database(hospital_template)
        platform = stack.enter_context(InsurerPlatform())
        his = stack.enter_context(HisDesk(database))
        values = site_values(database, platform.base_url, "node-a")
        values["insurer"]["profile"] = str(profile)
        values["bridge"]["rules_dir"] = str(rules)
        stack.enter_context(BridgeThread(Settings.model_validate(values)))
        yield Scene(his, platform, rules)


def _strict_profile(place: Path) -> Path:
    demo = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
    path = place / "strict.toml"
    path.write_text(f'{demo}\n[checks]\nmode = "refuse"\n', encoding="utf-8")
    return path


def _report(his: HisDesk, request_id: int) -> tuple[str | None, ...]:
    text = "SELECT err_msg, error_message, check_report FROM v_medical_insurance_result WHERE request_id = ?"
    return tuple(his.sql.execute(text, request_id).fetchone())


def test_a_faulty_message_is_refused_and_never_leaves(scene: Scene) -> None:
    before = len(scene.platform.messages())
    told = scene.his.call_v2("1101", {"data": {"mdtrt_cert_type": "02"}})
    assert told.error_code == -1001
    assert (
        told.error_message
        == "交易 1101 的输入有 1 处错误，没有发送：input.data.mdtrt_cert_no：必填，缺失（就诊凭证编号）。另有提醒 3 处：input.data.psn_cert_type：必填，缺失（人员证件类型）；input.data.certno：必填，缺失（证件号码）；input.data.psn_name：必填，缺失（人员姓名）。"
    )
    assert told.request_id is not None
    assert _report(scene.his, told.request_id) == (told.error_message, told.error_message, None)
    assert len(scene.platform.messages()) == before


def test_all_faults_of_a_large_message_are_in_the_view(scene: Scene) -> None:
    told = scene.his.call_v2("2301", {"feedetail": [{"psn_no": "1"}] * 30})
    assert told.error_code == -1001
    assert told.request_id is not None
    err_msg, error_message, report = _report(scene.his, told.request_id)
    assert told.error_message == err_msg == error_message
    assert told.error_message.endswith("…（全文见 v_medical_insurance_result 的 check_report）")
    assert report is not None
    assert "；另有 " in report
    assert report.startswith(told.error_message.partition("…（全文")[0])


def test_what_is_doubtful_is_sent_and_told_beside_the_answer(scene: Scene) -> None:
    told = scene.his.call_v2("1101", {"data": _PERSON})
    assert told.error_code == 0
    assert told.request_id is not None
    err_msg, error_message, report = _report(scene.his, told.request_id)
    assert not error_message
    assert (
        report
        == "3 处：input.data.psn_cert_type：必填，缺失（人员证件类型）；input.data.certno：必填，缺失（证件号码）；input.data.psn_name：必填，缺失（人员姓名）。"
    )
    assert scene.his.line(told.request_id).result_status == "SUCCESS"
    assert not err_msg


_RULE = """
interfaces = ["1101"]
[[rule]]
id = "own-1"
message = "本院不收临时证号"
severity = "refuse"
in = "data"
fields = ["mdtrt_cert_no"]
not_matches = '^T'
"""


def _refused_by_rule(his: HisDesk) -> bool:
    told = his.call_v2("1101", {"data": _PERSON | {"mdtrt_cert_no": "T1"}})
    return (
        told.error_code == -1001
        and "input.data.mdtrt_cert_no：本院不收临时证号（规则 own-1）" in told.error_message
    )


def test_a_rule_takes_effect_while_the_bridge_runs_and_a_broken_file_keeps_it(scene: Scene) -> None:
    his, file = scene.his, scene.rules / "own.toml"
    assert not _refused_by_rule(his)
    file.write_text(_RULE, encoding="utf-8")
    eventually(lambda: _refused_by_rule(his), "the new rule in force")

    file.write_text(f"{_RULE}colour = 1\n", encoding="utf-8")
    eventually(lambda: "RULES_REFUSED" in his.alerts(), "the alert")
    alerts = his.sql.execute(
        "SELECT alert_message FROM sp_check_medical_insurance_alerts() WHERE alert_type = 'RULES_REFUSED'"
    )
    assert "own.toml: rule own-1.colour: is no key" in alerts.fetchone()[0]
    assert _refused_by_rule(his), "what was in force goes on"

    file.write_text(_RULE.replace("own-1", "own-2"), encoding="utf-8")
    eventually(lambda: "RULES_REFUSED" not in his.alerts(), "the end of the alert")
    assert not _refused_by_rule(his)
