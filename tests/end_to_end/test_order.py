"""Many cashiers beside two nodes: every patient's requests reach the platform in the order they were queued."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from waiting import eventually

_SUBMITTERS = 8
_PATIENTS_EACH = 4
_REQUESTS_EACH = 12
_OPEN = {"PENDING", "CLAIMED", "SENDING"}
_JITTER = {"fault": "latency", "distribution": "uniform", "from_ms": 0, "to_ms": 15}
_BOUNCES = {"fault": "unauthorised", "probability": 0.1}

StartBridge = Callable[..., BridgeThread]


def _submit_all(database: str, submitter: int, start: threading.Barrier) -> list[tuple[str, int]]:
    """Queue for this submitter's own patients in turn; return each request's patient and number."""
    patients = [visits.citizen(1 + submitter * _PATIENTS_EACH + number) for number in range(_PATIENTS_EACH)]
    submitted = []
    with HisDesk(database) as his:
        start.wait(30)
        for turn in range(_REQUESTS_EACH):
            for patient in patients:
                infno = ("2201", "2206", "2203")[turn % 3]
                content = {
                    "2201": visits.registration(patient, f"OP{turn}"),
                    "2206": visits.bill(patient, str(turn), "1.00"),
                    "2203": visits.diagnosis(patient, str(turn)),
                }[infno]
                submitted.append((patient, his.submit(infno, content, retry_count=20)))
    return submitted


def _sent(his: HisDesk, platform: InsurerPlatform) -> dict[str, list[int]]:
    """Return each patient's requests in the order the platform received them."""
    attempts = his.sql.execute("SELECT msgid, request_id FROM medical_insurance_attempts").fetchall()
    request_of = {row[0]: row[1] for row in attempts}
    sent = defaultdict(list)
    for message in platform.messages():
        sent[message["psn_no"]].append(request_of[message["msgid"]])
    return sent


def test_order_and_peace(
    start_bridge: StartBridge, hospital_database: str, his: HisDesk, platform: InsurerPlatform
) -> None:
    platform.order(_JITTER, _BOUNCES)
    start_bridge("node-a")
    start_bridge("node-b")
    start = threading.Barrier(_SUBMITTERS)

    with ThreadPoolExecutor(_SUBMITTERS) as pool:
        jobs = [pool.submit(_submit_all, hospital_database, one, start) for one in range(_SUBMITTERS)]
        # a submit that fails, for whatever reason, fails the test here
        queued = [one for job in jobs for one in job.result()]

    eventually(lambda: not _OPEN & set(his.statuses().values()), "the end of every request", limit_s=60)
    assert set(his.statuses().values()) == {"COMPLETED"}
    wanted = defaultdict(list)
    for patient, number in queued:
        wanted[patient].append(number)
    sent = _sent(his, platform)
    assert platform.struck() > 100, "some messages bounced, all were slow"
    assert {patient: list(dict.fromkeys(numbers)) for patient, numbers in sent.items()} == wanted
    assert all(numbers == sorted(numbers) for numbers in sent.values()), "a resend goes before what waits"
    nodes = his.sql.execute("SELECT DISTINCT node_id FROM medical_insurance_attempts").fetchall()
    assert len(nodes) == 2, "both nodes worked"
    [deadlocks] = his.sql.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert deadlocks == 0
    assert his.sql.execute("SELECT count(*) FROM medical_insurance_error_log").fetchone()[0] == 0


def test_a_transaction_of_his_that_is_open_for_long_holds_up_nobody_else(
    start_bridge: StartBridge, hospital_database: str, his: HisDesk
) -> None:
    start_bridge()
    with HisDesk(hospital_database) as other:
        other.sql.autocommit = False
        row = other.sql.execute(
            "CALL sp_medical_insurance_call(interface_code => '1101', input_data => ?)",
            '{"psn_no": "1"}',
        ).fetchone()

        answered = [his.call_v2("1101", visits.person(visits.citizen(number))) for number in range(1, 6)]
        seen_before = row[0] in his.statuses()
        other.sql.rollback()

    assert {answer.error_code for answer in answered} == {0}
    assert not seen_before
    assert row[0] not in his.statuses(), "what is rolled back was never there"


def test_one_business_key_from_everywhere_is_one_request(
    start_bridge: StartBridge, hospital_database: str, platform: InsurerPlatform
) -> None:
    start_bridge("node-a")
    start_bridge("node-b")
    start = threading.Barrier(_SUBMITTERS)
    content = visits.registration(visits.citizen(1), "OP1")

    def submit() -> tuple[int | None, int, str | None]:
        with HisDesk(hospital_database) as desk:
            start.wait(30)
            answer = desk.call_v2("2201", content, business_key="ticket-1")
            return answer.request_id, answer.error_code, answer.result

    with ThreadPoolExecutor(_SUBMITTERS) as pool:
        told = {job.result() for job in [pool.submit(submit) for _ in range(_SUBMITTERS)]}

    assert len(told) == 1, "everybody is told the same"
    assert next(iter(told))[1] == 0
    assert len(platform.effects(infno="2201")) == 1
