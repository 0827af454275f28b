"""A hospital at the simulator's door: in the same process for what the platform does, over HTTP for how it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.tif import TifSigner
from mi_bridge.simulator import Simulator, SimulatorConfig, running_simulator
from mi_bridge.simulator.clock import CHINA

ENTRY = "/fsi/api/rsfComIfsService/callService"
ORG = "H99010100001"
WORKER = "990101198001016571"


class HandClock:
    """A clock that moves when a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=CHINA)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Sender:
    """Writes messages as a hospital does: numbered, complete, one after the other."""

    def __init__(self, clock: HandClock, org_code: str = ORG) -> None:
        self.clock = clock
        self.org_code = org_code
        self.sent = 0

    def envelope(self, infno: str, content: Any, **header: Any) -> dict[str, Any]:
        self.sent += 1
        return {
            "infno": infno,
            "msgid": f"{self.org_code}{self.clock.now():%Y%m%d%H%M%S}{self.sent:04d}",
            "mdtrtarea_admvs": "990101",
            "insuplc_admdvs": "990101",
            "recer_sys_code": "99",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "1.0.0",
            "opter_type": "1",
            "opter": "0001",
            "opter_name": "测试经办",
            "inf_time": f"{self.clock.now():%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.org_code,
            "fixmedins_name": "仿真市人民医院",
            "sign_no": "",
            "input": content,
            **header,
        }


class Window:
    """A hospital in the platform's own process: no wire, no signature."""

    def __init__(self, clock: HandClock, org_code: str = ORG, **config: Any) -> None:
        self.clock = clock
        config = {"check_signature": False, **config}
        self.simulator = Simulator(SimulatorConfig.model_validate(config), clock)
        self.sender = Sender(clock, org_code)
        self.last: dict[str, Any] = {}

    @property
    def ledger(self) -> Any:
        return self.simulator.ledger

    def other(self, org_code: str) -> Window:
        """Another hospital at the same platform."""
        window = Window(self.clock, org_code)
        window.simulator = self.simulator
        return window

    def send(self, body: bytes, path: str = ENTRY, **headers: str) -> dict[str, Any]:
        platform = self.simulator.platform
        reply = platform.execute(platform.receive(path, headers, body))
        return reply.content

    def call(self, infno: str, content: Any, **header: Any) -> dict[str, Any]:
        self.last = self.sender.envelope(infno, content, **header)
        return self.send(json.dumps(self.last).encode())

    def ok(self, infno: str, content: Any, **header: Any) -> Any:
        answer = self.call(infno, content, **header)
        assert answer["infcode"] == 0, answer
        return answer["output"]

    def refused(self, infno: str, content: Any, **header: Any) -> str:
        before = len(self.ledger.effects), len(self.ledger.changes)
        answer = self.call(infno, content, **header)
        assert answer["infcode"] == -1, answer
        assert (len(self.ledger.effects), len(self.ledger.changes)) == before, "a refusal left a trace"
        return str(answer["err_msg"])

    def person(self, psn_no: str = WORKER) -> Any:
        return self.ok("1101", {"data": {"psn_no": psn_no}})

    def register(self, psn_no: str = WORKER, **fields: Any) -> str:
        data = {
            "psn_no": psn_no,
            "insutype": "310",
            "begntime": "2026-03-02 08:00:00",
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": psn_no,
            "ipt_otp_no": "MZ0001",
            **fields,
        }
        return str(self.ok("2201", {"data": data})["data"]["mdtrt_id"])

    def admission(self, psn_no: str = WORKER, **fields: Any) -> dict[str, Any]:
        stay = {
            "psn_no": psn_no,
            "insutype": "310",
            "begntime": "2026-03-01 08:00:00",
            "mdtrt_cert_type": "02",
            "med_type": "2101",
            "ipt_no": "ZY0001",
            **fields,
        }
        return {"mdtrtinfo": stay, "diseinfo": [diagnosis(psn_no=psn_no)]}

    def admit(self, psn_no: str = WORKER, **fields: Any) -> str:
        return str(self.ok("2401", self.admission(psn_no, **fields))["result"]["mdtrt_id"])

    def discharged(self, mdtrt_id: str, /, **fields: Any) -> dict[str, Any]:
        stay = {"mdtrt_id": mdtrt_id, "psn_no": WORKER, "insutype": "310", "endtime": "2026-03-05 10:00:00"}
        return {"dscginfo": {**stay, **fields}, "diseinfo": [diagnosis()]}

    def bill(self, mdtrt_id: str, total: Any, /, **fields: Any) -> dict[str, Any]:
        return {
            "data": {
                "psn_no": WORKER,
                "mdtrt_id": mdtrt_id,
                "chrg_bchno": "B1",
                "medfee_sumamt": str(total),
                "insutype": "310",
                "med_type": "11",
                "acct_used_flag": "1",
                "mdtrt_cert_type": "02",
                **fields,
            }
        }

    def stay_bill(self, mdtrt_id: str, total: Any, /, **fields: Any) -> dict[str, Any]:
        return self.bill(mdtrt_id, total, **{"med_type": "2101", **fields})

    def visit_with(self, *totals: Any, psn_no: str = WORKER) -> str:
        """An outpatient visit with details of these totals, in one batch."""
        mdtrt_id = self.register(psn_no)
        rows = [fee(mdtrt_id, number, total, psn_no=psn_no) for number, total in enumerate(totals, 1)]
        self.ok("2204", {"feedetail": rows})
        return mdtrt_id

    def stay_with(self, *totals: Any) -> str:
        """A stay that is over, with details of these totals."""
        mdtrt_id = self.admit()
        self.ok(
            "2301", {"feedetail": [fee(mdtrt_id, number, total) for number, total in enumerate(totals, 1)]}
        )
        self.ok("2402", self.discharged(mdtrt_id))
        return mdtrt_id


def diagnosis(**fields: Any) -> dict[str, Any]:
    row = {
        "diag_type": "1",
        "maindiag_flag": "1",
        "diag_srt_no": 1,
        "diag_code": "I10.x05",
        "diag_name": "高血压",
    }
    return {**row, **fields}


def fee(mdtrt_id: str, number: Any, total: Any, /, **fields: Any) -> dict[str, Any]:
    row = {
        "feedetl_sn": str(number),
        "mdtrt_id": mdtrt_id,
        "psn_no": WORKER,
        "chrg_bchno": "B1",
        "fee_ocur_time": "2026-03-02 08:30:00",
        "med_list_codg": "X0001",
        "medins_list_codg": "YP0001",
        "det_item_fee_sumamt": str(total),
        "cnt": "1",
        "pric": str(total),
    }
    return {**row, **fields}


class Hospital(Sender):
    """A hospital on the wire."""

    def __init__(self, base_url: str, simulator: Simulator, clock: HandClock) -> None:
        super().__init__(clock)
        self.simulator = simulator
        self.base_url = base_url
        self.http = httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=10)
        credentials = Credentials("demo", SecretStr("demo-secret"))
        self.signer = TifSigner(credentials, clock=lambda: clock.now().timestamp())

    async def post(self, infno: str, content: Any, **header: Any) -> httpx.Response:
        body = json.dumps(self.envelope(infno, content, **header)).encode()
        return await self.http.post(ENTRY, content=body, headers=list(self.signer.sign(infno, body)))

    async def ask_person(self) -> httpx.Response:
        return await self.post("1101", {"data": {"psn_no": WORKER}})

    async def register(self) -> httpx.Response:
        data = {
            "psn_no": WORKER,
            "insutype": "310",
            "begntime": "2026-03-02 08:00:00",
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": WORKER,
            "ipt_otp_no": "MZ0001",
        }
        return await self.post("2201", {"data": data})

    async def order(self, *rules: dict[str, Any], mode: str = "replace") -> None:
        answer = await self.http.post("/_simulator/faults", json={"mode": mode, "rules": list(rules)})
        assert answer.status_code == 200, answer.text

    async def effects(self, infno: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/_simulator/ledger", params={"infno": infno})
        return list(answer.json()["effects"])


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def window(clock: HandClock) -> Window:
    """A hospital at a platform of the default make."""
    return Window(clock)


@pytest.fixture
def open_window(clock: HandClock) -> Callable[..., Window]:
    """Open a hospital at a platform of another make."""
    return lambda **config: Window(clock, **config)


@pytest.fixture
def write_fee() -> Callable[..., dict[str, Any]]:
    return fee


@pytest.fixture
def write_diagnosis() -> Callable[..., dict[str, Any]]:
    return diagnosis


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """Wait until something is so."""

    async def wait(so: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await so():  # noqa: ASYNC110 - the world outside the process sends no event
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
async def start(clock: HandClock) -> AsyncIterator[Callable[..., Any]]:
    """Start a simulator that listens, and a hospital beside it."""
    async with AsyncExitStack() as stack:

        async def begin(**config: Any) -> Hospital:
            running = await stack.enter_async_context(
                running_simulator(SimulatorConfig.model_validate(config), clock=clock)
            )
            hospital = Hospital(running.base_url, running.simulator, clock)
            stack.push_async_callback(hospital.http.aclose)
            return hospital

        yield begin
