from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

import mi_bridge.insurer
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import ConfigurationError, MalformedInput, ProfileError
from mi_bridge.insurer import AsyncMedicalInsuranceClient, MedicalInsuranceClient
from mi_bridge.insurer.profile import Profile

from .conftest import Gateway

ORG = "H99990100002"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        answer = b'{"infcode":0,"output":{"baseinfo":{"psn_no":"99000000000000000001"}}}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep quiet."""


@pytest.fixture
def platform() -> Iterator[tuple[str, list[bytes]]]:
    """A platform in a thread, since the synchronous client blocks this one."""
    bodies: list[bytes] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bodies": bodies}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_program_needs_nothing_else(platform: tuple[str, list[bytes]]) -> None:
    url, bodies = platform
    with MedicalInsuranceClient(app_id="id", app_secret="secret", org_code=ORG, base_url=url) as client:
        answer = client.call("1101", {"psn_no": "1"}, insuplc_admdvs="990203")

    sent = json.loads(bodies[0])
    assert answer.outcome is Outcome.OK
    assert answer.output == {"baseinfo": {"psn_no": "99000000000000000001"}}
    assert (sent["insuplc_admdvs"], sent["fixmedins_name"]) == ("990203", ORG)


def test_many_threads_share_one_client(platform: tuple[str, list[bytes]]) -> None:
    url, bodies = platform
    with MedicalInsuranceClient(app_id="id", app_secret="secret", org_code=ORG, base_url=url) as client:
        threads = [threading.Thread(target=client.call, args=("1101", {"n": number})) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(json.loads(body)["input"]["data"]["n"] for body in bodies) == list(range(8))
    assert len({json.loads(body)["msgid"] for body in bodies}) == 8


def test_processes_with_numbers_of_their_own_keep_apart(platform: tuple[str, list[bytes]]) -> None:
    url, bodies = platform
    with MedicalInsuranceClient(
        app_id="id", app_secret="secret", org_code=ORG, base_url=url, node=9, nodes=10
    ) as client:
        client.call("1101", {})

    assert json.loads(bodies[0])["msgid"][-4] == "9"


def test_a_refused_input_is_raised_where_it_was_called(platform: tuple[str, list[bytes]]) -> None:
    url, bodies = platform
    with (
        MedicalInsuranceClient(app_id="id", app_secret=SecretStr("s"), org_code=ORG, base_url=url) as client,
        pytest.raises(MalformedInput, match="不是合法的JSON"),
    ):
        client.call("1101", "{")

    assert bodies == []


def test_a_closed_client_says_so() -> None:
    client = MedicalInsuranceClient(app_id="id", app_secret="s", org_code=ORG, base_url="http://127.0.0.1:9")
    client.close()
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.call("1101", "{}")


async def test_it_can_be_awaited_from_any_loop(gateway: Gateway) -> None:
    with MedicalInsuranceClient(app_id="id", app_secret="s", org_code=ORG, base_url=gateway.url) as client:
        answers = await asyncio.gather(*(client.acall("1101", {"n": n}) for n in range(3)))

        assert [answer.outcome for answer in answers] == [Outcome.OK] * 3


async def test_the_asynchronous_client(gateway: Gateway, demo: Profile) -> None:
    async with AsyncMedicalInsuranceClient(
        app_id="id", app_secret="s", org_code=ORG, org_name="测试医院", base_url=gateway.url, profile=demo
    ) as client:
        answer = await client.call("1101", '{"psn_no":"1"}')

    assert answer.outcome is Outcome.OK
    assert json.loads(gateway.requests[0][2])["fixmedins_name"] == "测试医院"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="app_secret: is empty, but this site signs with TIF"):
        MedicalInsuranceClient(app_id="id", org_code=ORG, base_url="http://127.0.0.1:9")
    with pytest.raises(ProfileError, match="nowhere"):
        MedicalInsuranceClient(org_code=ORG, base_url="http://127.0.0.1:9", profile=tmp_path / "nowhere.toml")


def test_a_forgotten_client_does_not_hold_the_program_up() -> None:
    program = (
        "from mi_bridge.insurer import MedicalInsuranceClient as C;"
        f"c = C(app_id='i', app_secret='s', org_code='{ORG}', base_url='http://127.0.0.1:9');"
        "print(c.call('1101', {}).outcome)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )

    assert (done.stdout.strip(), done.stderr) == ("NOT_SENT", "")


def test_the_catalogue_alone_loads_no_http_library() -> None:
    program = (
        "import sys, mi_bridge.insurer.catalogue; print('aiohttp' in sys.modules, 'httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_the_package_offers_only_what_it_lists() -> None:
    assert mi_bridge.insurer.Answer.__name__ == "Answer"
    with pytest.raises(AttributeError, match="nothing"):
        _ = mi_bridge.insurer.nothing
