"""HIS under load: several submitters at once, each on its own connection, each sure in the end that its request was taken."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from mi_bridge.errors import StoreError
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.his import HisClient, HisConnection, HisOptions

_DAY_S = 86_400
_AGAIN_S = 0.2
_PATIENTS_EACH = 50
_QUERY, _MONEY = "1101", "2102"


@dataclass(frozen=True, slots=True)
class Submission:
    """What one submitter hands in; the key makes a repeated hand-in harmless."""

    code: str
    content: str
    key: str


@dataclass(slots=True)
class Tally:
    """What the submitters were told.

    Args:
        accepted: request numbers by business key.
        codes: error codes the procedures gave back.
        interruptions: calls that the database's absence ended.
        slowest_s: the longest call that was answered.
    """

    accepted: dict[str, int] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)
    interruptions: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def citizen(number: int) -> str:
    """Return the identity number of one of 999 invented people, which is their psn_no too."""
    first = f"99010119800101{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11
    return first + "10X98765432"[check]


def query(psn_no: str) -> dict[str, Any]:
    """1101, class Q."""
    return {"mdtrt_cert_type": "02", "mdtrt_cert_no": psn_no, "psn_cert_type": "01", "certno": psn_no}


def purchase(psn_no: str, *, total: str = "12.50") -> dict[str, Any]:
    """2102, a pharmacy's settlement: class M, 2601 reverses it, no inquiry finds it; each execution is an effect of its own."""
    bought = {"feedetl_sn": "1", "med_list_codg": "XR05CAX000A001010100001", "det_item_fee_sumamt": total}
    return {
        "druginfo": {
            "psn_no": psn_no,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": psn_no,
            "medfee_sumamt": total,
        },
        "drugdetail": [bought],
    }


def registration(psn_no: str, ticket: str) -> dict[str, Any]:
    """2201: class M, 5201 finds it, 2601 does not reverse it here."""
    return {
        "psn_no": psn_no,
        "insutype": "310",
        "begntime": _now(),
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "ipt_otp_no": ticket,
        "atddr_no": "D990101000001",
        "med_type": "11",
        "dr_name": "仿真医生",
        "dept_code": "A03",
        "dept_name": "内科",
        "caty": "A03",
    }


def admission(psn_no: str, ticket: str) -> dict[str, Any]:
    """2401: class M, 5303 finds it, 2601 reverses it."""
    stay = {
        "psn_no": psn_no,
        "insutype": "310",
        "begntime": _now(),
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "med_type": "2101",
        "ipt_no": ticket,
        "ipt_otp_no": ticket,
    }
    disease = {
        "psn_no": psn_no,
        "diag_type": "1",
        "maindiag_flag": "1",
        "diag_srt_no": "1",
        "diag_code": "I10.x05",
        "diag_name": "高血压",
        "diag_dept": "内科",
        "dise_dor_no": "D990101000001",
        "dise_dor_name": "仿真医生",
        "diag_time": _now(),
        "vali_flag": "1",
    }
    return {"mdtrtinfo": stay, "diseinfo": [disease]}


def mixture(submitter: int, seed: int, *, money: float = 0.5) -> Iterator[Submission]:
    """Yield one submitter's requests without end: queries and purchases for patients no other submitter has."""
    chance = random.Random(f"{seed}/{submitter}")  # noqa: S311 - chance that can be repeated
    for number in itertools.count():
        psn_no = citizen(1 + submitter * _PATIENTS_EACH + chance.randrange(_PATIENTS_EACH))
        pays = chance.random() < money
        content = purchase(psn_no) if pays else query(psn_no)
        yield Submission(_MONEY if pays else _QUERY, json.dumps(content), f"{seed}-{submitter}-{number}")


class Submitters:
    """Runs submitters on threads from entering to ``stop`` or leaving.

    Args:
        database: ODBC connection string.
        count: how many.
        each: how many requests each hands in; None until told to stop.
        pause_s: between two of one submitter.
        money: the share of class M.
        seed: decides the requests.
        patients: makes one submitter's requests; see ``mixture``.
    """

    def __init__(
        self,
        database: str,
        count: int,
        *,
        each: int | None = None,
        pause_s: float = 0.0,
        money: float = 0.5,
        seed: int = 1,
    ) -> None:
        self.tally = Tally()
        self._database = database
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._faults: list[BaseException] = []
        plans = [itertools.islice(mixture(number, seed, money=money), each) for number in range(count)]
        self._threads = [threading.Thread(target=self._run, args=(plan,), daemon=True) for plan in plans]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> Tally:
        """Hand in nothing new, see through what is under way, and tell what came of all."""
        self._stopping.set()
        return self.finish()

    def finish(self, limit_s: float = 600.0) -> Tally:
        """Wait until every submitter has handed in what it has, and tell what came of all."""
        give_up = time.monotonic() + limit_s
        for thread in self._threads:
            thread.join(max(0.0, give_up - time.monotonic()))
            assert not thread.is_alive(), "a submitter hangs"
        if self._faults:
            raise self._faults[0]
        return self.tally

    def _run(self, plan: Iterator[Submission]) -> None:
        client = HisClient(HisConnection(self._database, Dialect.POSTGRESQL))
        try:
            for submission in plan:
                self._insist(client, submission)
                if self._stopping.wait(self._pause_s) if self._pause_s else self._stopping.is_set():
                    return
        except BaseException as fault:  # noqa: BLE001 - the test's own thread must hear of it
            self._faults.append(fault)
        finally:
            client.close()

    def _insist(self, client: HisClient, submission: Submission) -> None:
        """Hand in until an answer says that it was taken; the business key keeps a repetition from being a second request."""
        options = HisOptions(business_key=submission.key, timeout=_DAY_S, retry_count=20)
        while True:
            began = time.monotonic()
            try:
                answer = client.call(submission.code, submission.content, options)
            except StoreError as error:
                client.close()
                with self._lock:
                    self.tally.interruptions.append(error.message)
                time.sleep(_AGAIN_S)
                continue
            with self._lock:
                self.tally.slowest_s = max(self.tally.slowest_s, time.monotonic() - began)
                if answer.request_id is not None:
                    self.tally.accepted[submission.key] = answer.request_id
                    return
                self.tally.codes.append(answer.error_code)
            time.sleep(_AGAIN_S)


def submit(database: str, code: str, *contents: dict[str, Any], **options: Any) -> list[int]:
    """Hand in requests one after another that must be taken, and return their numbers."""
    client = HisClient(HisConnection(database, Dialect.POSTGRESQL))
    try:
        return [_taken(client, code, content, options) for content in contents]
    finally:
        client.close()


def _taken(client: HisClient, code: str, content: dict[str, Any], options: dict[str, Any]) -> int:
    answer = client.call(
        code, json.dumps(content, ensure_ascii=False), HisOptions(**{"timeout": _DAY_S, **options})
    )
    assert answer.request_id is not None, answer
    return answer.request_id


def until(look: Callable[[], Any], what: str, *, limit_s: float = 60.0, every_s: float = 0.02) -> Any:
    """Return the first truthy thing a look finds; fail with what was waited for when the limit is over."""
    give_up = time.monotonic() + limit_s
    while not (found := look()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {limit_s:g} s in vain: {what}")
        time.sleep(every_s)
    return found


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
