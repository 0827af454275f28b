"""Large uploads in parts, from HIS's procedure to the platform's details: every row once, and of each the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import divided_site as site
import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.settings import Settings
from saga_desk import SagaDesk, inpatient
from site_settings import site_values
from waiting import eventually

ROWS = site.ROWS


@pytest.fixture
def platform() -> Iterator[InsurerPlatform]:
    """A platform that refuses more rows than the site may send."""
    with InsurerPlatform(max_rows=ROWS) as running:
        yield running


@pytest.fixture
def start(
    hospital_database: str, platform: InsurerPlatform, stack: ExitStack, tmp_path: Path
) -> Callable[..., BridgeThread]:
    """Start a node of a site that divides; rules by keyword."""

    def begin(node: str = "node-a", **rule: Any) -> BridgeThread:
        values = site_values(hospital_database, platform.base_url, node)
        values["insurer"]["profile"] = str(site.write_profile(tmp_path / f"{node}.toml", **rule))
        return stack.enter_context(BridgeThread(Settings.model_validate(values)))

    return begin


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_without_a_rule_the_platform_refuses_what_is_too_large(
    his: HisDesk, platform: InsurerPlatform, start_bridge: Callable[..., BridgeThread]
) -> None:
    start_bridge()
    psn_no, mdtrt_id = site.admitted(his, 1)
    line = his.refused("2301", site.details(psn_no, mdtrt_id, ROWS + 1))
    assert line.err_msg == f"FSI-交易输入节点feedetail的行数{ROWS + 1}超过上限{ROWS}"
    assert site.uploaded(platform, mdtrt_id) == []


def test_a_large_upload_is_one_answer(his: HisDesk, platform: InsurerPlatform, start: Any) -> None:
    start()
    psn_no, mdtrt_id = site.admitted(his, 1)
    number = his.submit("2301", site.details(psn_no, mdtrt_id, 24))
    after = his.submit("2402", visits.discharge(psn_no, mdtrt_id))
    answer = his.wait(number)
    line = his.line(number)
    assert (answer.error_code, line.status, line.result_status, line.infcode) == (
        0,
        "COMPLETED",
        "SUCCESS",
        "0",
    )
    assert [row["feedetl_sn"] for row in line.answer["output"]["result"]] == numbers(1, 24)
    assert site.uploaded(platform, mdtrt_id) == numbers(1, 24)
    assert site.parts(his, number) == [(1, 9, "SUCCESS"), (10, 18, "SUCCESS"), (19, 24, "SUCCESS")]
    assert all(b'"det_item_fee_sumamt": 1.00' in body for body in platform.bodies if b'"2301"' in body)
    assert his.ended(after).result_status == "SUCCESS"
    # the patient's next request waited for the whole, and the bill agrees with every row
    codes = [message["infno"] for message in platform.messages(psn_no=psn_no)]
    assert codes == ["2401", "2301", "2301", "2301", "2402"]
    his.good("2303", visits.bill(psn_no, mdtrt_id, "24.00", med_type="21", mid_setl_flag="0"))
    shown = his.sql.execute("SELECT count(*) FROM v_medical_insurance_result").fetchone()[0]
    total = his.sql.execute(
        "SELECT total_count FROM v_medical_insurance_monitor WHERE interface_code = '2301'"
    ).fetchone()[0]
    assert (shown, total) == (4, 1)


def test_the_batches_of_2204_stay_whole(his: HisDesk, platform: InsurerPlatform, start: Any) -> None:
    start()
    psn_no = visits.citizen(2)
    mdtrt_id = his.good("2201", visits.registration(psn_no, "OP2"))["data"]["mdtrt_id"]
    his.good("2203", visits.diagnosis(psn_no, mdtrt_id))
    upload = visits.fees(psn_no, mdtrt_id, *(["2.00"] * 14))
    for place, row in enumerate(upload["feedetail"]):
        row["chrg_bchno"] = "ABC"[(place > 3) + (place > 10)]
    answer = his.call_v2("2204", upload)
    assert answer.request_id is not None
    assert site.parts(his, answer.request_id) == [(1, 4, "SUCCESS"), (5, 11, "SUCCESS"), (12, 14, "SUCCESS")]
    assert site.uploaded(platform, mdtrt_id) == numbers(1, 14)


def test_a_batch_too_large_for_a_call_is_refused_before_anything_is_sent(
    his: HisDesk, platform: InsurerPlatform, start: Any
) -> None:
    start()
    answer = his.call_v2("2204", visits.fees(visits.citizen(3), "M1", *(["1.00"] * 12)))
    assert answer.error_code == -1001
    assert "第 1 至 12 行" in (answer.error_message or "")
    assert "chrg_bchno B1" in (answer.error_message or "")
    assert platform.messages() == []


@pytest.mark.parametrize(
    ("on_refusal", "standing", "third"),
    [("continue", [*numbers(1, 9), *numbers(19, 24)], "SUCCESS"), ("stop", numbers(1, 9), "CANCELLED")],
)
def test_a_refused_part_is_told_row_by_row(
    his: HisDesk, platform: InsurerPlatform, start: Any, on_refusal: str, standing: list[str], third: str
) -> None:
    start(on_refusal=on_refusal)
    psn_no, mdtrt_id = site.admitted(his, 1)
    line = his.refused("2301", site.details(psn_no, mdtrt_id, 24, row12={"feedetl_sn": "11"}))
    assert line.infcode == "-1"
    assert line.err_msg is not None
    told = "第 1 至 9 行已生效；第 10 至 18 行被拒绝：FSI-费用明细流水号重复：11[feeListUpBO]；第 19 至 24 行"
    assert told in line.err_msg
    assert site.uploaded(platform, mdtrt_id) == standing
    assert [row["feedetl_sn"] for row in line.answer["output"]["result"]] == standing
    assert site.parts(his, line.request_id) == [
        (1, 9, "SUCCESS"),
        (10, 18, "BUSINESS_ERROR"),
        (19, 24, third),
    ]
    assert [part["result"][:3] for part in line.answer["mi_parts"]][:2] == ["已生效", "被拒绝"]


def test_a_part_in_doubt_holds_up_the_patient_until_a_person_decides(
    his: HisDesk, platform: InsurerPlatform, start: Any
) -> None:
    start()
    psn_no, mdtrt_id = site.admitted(his, 1)
    platform.order({"fault": "reset_after", "infno": "2301", "skip": 1, "times": 1})
    number = his.submit("2301", site.details(psn_no, mdtrt_id, 24))
    later = his.submit("2402", visits.discharge(psn_no, mdtrt_id))
    eventually(lambda: his.in_status("MANUAL"), "a part that waits for a person")
    (part,) = his.in_status("MANUAL")
    answer = his.wait(number)
    assert (answer.error_code, his.line(number).result_status) == (-1009, "UNCERTAIN")
    assert his.line(later).result_status == "PROCESSING"
    listed = his.sql.execute(
        "SELECT parent_id, first_row, last_row FROM v_medical_insurance_manual WHERE request_id = ?", part
    ).fetchone()
    assert tuple(listed) == (number, 10, 18)
    held = his.sql.execute(
        "SELECT held_by_request_id, held_by_status FROM v_medical_insurance_blocked"
    ).fetchall()
    assert [tuple(row) for row in held] == [(number, "DIVIDED")]
    his.sql.execute("CALL sp_medical_insurance_resolve(?, 'EFFECTIVE', '王主任', '电话核对', NULL)", part)
    line = his.ended(number)
    assert line.result_status == "SUCCESS"
    assert site.uploaded(platform, mdtrt_id) == numbers(1, 24)
    assert his.ended(later).result_status == "SUCCESS"


def test_cancelling_takes_back_the_parts_not_begun(
    his: HisDesk, platform: InsurerPlatform, start: Any
) -> None:
    start()
    psn_no, mdtrt_id = site.admitted(his, 1)
    platform.order({"fault": "latency", "infno": "2301", "ms": 800})
    number = his.submit("2301", site.details(psn_no, mdtrt_id, 24))
    eventually(lambda: his.in_status("SENDING"), "the first part on the wire")
    code, text = his.sql.execute("CALL sp_medical_insurance_cancel(?)", number).fetchone()
    assert code == -1004
    assert "已取消未发送的 2 批，其余 1 批以结果为准" in text
    line = his.ended(number)
    assert line.result_status == "BUSINESS_ERROR"
    assert line.err_msg == "共 24 行，分 3 批：第 1 至 9 行已生效；第 10 至 24 行未发送：请求已取消，未发送"
    assert site.uploaded(platform, mdtrt_id) == numbers(1, 9)


def test_a_saga_undoes_a_step_that_took_effect_in_part(
    hospital_database: str, platform: InsurerPlatform, start: Any
) -> None:
    start()
    with SagaDesk(hospital_database) as desk:
        eventually(lambda: _ready(desk), "the definitions")
        content = inpatient(1)
        [fee] = content["fees"][:1]
        content["fees"] = [fee | {"feedetl_sn": str(n)} for n in range(1, 12)] + [fee | {"feedetl_sn": "10"}]
        number = desk.submit("inpatient", content)
        desk.wait(number)
        line = desk.see(number)
    assert line.status == "COMPENSATED"
    assert [(step[0], step[1]) for step in line.steps] == [
        ("admit", "FORWARD"),
        ("fees", "FORWARD"),
        ("fees", "BACK"),
        ("admit", "BACK"),
    ]
    states = {(effect["infno"], effect["state"]) for effect in platform.effects()}
    assert ("2301", "cancelled") in states
    assert not any(state == "applied" for infno, state in states if infno in ("2401", "2301"))


def _ready(desk: SagaDesk) -> bool:
    text = "SELECT count(*) FROM medical_insurance_saga_definitions WHERE active = 1"
    return bool(desk.sql.execute(text).fetchone()[0])
