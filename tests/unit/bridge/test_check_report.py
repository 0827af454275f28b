from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from mi_bridge.bridge.check_report import refusal, with_findings
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import ClaimedRequest, Completion, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.check.finding import Findings

_REQUEST = ClaimedRequest(Lease(7, 1), "2301", "{}", MoneyClass.MONEY)


def test_a_short_reason_needs_no_report() -> None:
    completion = refusal(_REQUEST, MalformedInput("输入为空。"))
    assert (completion.status, completion.error_code) == (Status.ERROR, -1001)
    assert (completion.error_message, completion.check_report) == ("输入为空。", None)


@pytest.mark.parametrize(("length", "kept"), [(501, 501), (9000, 4000)])
def test_a_long_reason_stands_whole_in_the_report_and_the_message_says_where(length: int, kept: int) -> None:
    completion = refusal(_REQUEST, MalformedInput("误" * length))
    assert completion.error_message is not None
    assert len(completion.error_message) == 500
    assert completion.error_message.endswith("…（全文见 v_medical_insurance_result 的 check_report）")
    assert completion.check_report == "误" * kept


def test_what_is_doubtful_reaches_his_and_the_log_gets_the_places_only() -> None:
    findings = Findings(refuses=False)
    for index in range(30):
        findings.add(f"input.feedetail[{index}].hosp_appr_flag", "值 7 不在字典中", sure=True)
    with capture_logs() as lines:
        completion = with_findings(_REQUEST, Completion(_REQUEST.lease, Status.COMPLETED), findings)
    assert completion.check_report is not None
    assert completion.check_report.startswith("30 处：input.feedetail[0].hosp_appr_flag：值 7 不在字典中；")
    (line,) = lines
    assert (line["event"], line["request_id"], line["places"], len(line["paths"])) == (
        "message is doubtful",
        7,
        30,
        20,
    )
    assert "值" not in str(line)


def test_nothing_doubtful_changes_nothing() -> None:
    completion = Completion(_REQUEST.lease, Status.COMPLETED)
    assert with_findings(_REQUEST, completion, None) is completion
