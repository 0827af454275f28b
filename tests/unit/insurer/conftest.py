from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings
from pydantic import SecretStr

from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.port import Credentials

# a busy machine is no failure
settings.register_profile("insurer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("insurer")

NOON = 1642730400.0  # 2022-01-21 10:00:00 in China

BARE_PROFILE = """
name = "site"
mdtrtarea_admvs = "990101"
recer_sys_code = "99"
infver = "1.0.0"
"""


@dataclass
class Gateway:
    """A gateway on this machine: answers what it is told, remembers what it got."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"infcode":0,"err_msg":null,"output":{"baseinfo":{"psn_no":"99000000000000000001"}}}'
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(
            (
                request.path,
                {name.lower(): value for name, value in request.headers.items()},
                await request.read(),
            )
        )
        return web.Response(body=self.answer, status=self.status)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    here = Gateway()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{path:.*}", here.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield here
    await runner.cleanup()


@pytest.fixture
def demo() -> Profile:
    return load_profile("demo")


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("fake_id", SecretStr("CANARY-SECRET"))


@pytest.fixture
def make_profile(tmp_path: Path) -> Callable[[str], Profile]:
    def make(more: str) -> Profile:
        path = tmp_path / "site.toml"
        signing = "" if "[signing]" in more else '\n[signing]\nkind = "none"\n'
        path.write_text(BARE_PROFILE + more + signing, encoding="utf-8")
        return load_profile(path)

    return make
