from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from file_platform import FilePlatform, file_platform
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.client import FileClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials

ORG = "H99990100002"


@pytest.fixture
def platform() -> Iterator[FilePlatform]:
    with file_platform() as running:
        yield running


@pytest.fixture
async def make_client(
    platform: FilePlatform, credentials: Credentials
) -> AsyncIterator[Callable[..., FileClient]]:
    """Make a client of the demo site; keys of ``files`` by keyword."""
    async with AsyncExitStack() as stack:

        def make(profile: Any = None, **files: Any) -> FileClient:
            site = profile or load_profile("demo")
            site = site.model_copy(update={"files": site.files.model_copy(update=files)})
            client = InsurerClient(profile=site, credentials=credentials, base_url=platform.url, org_code=ORG)
            stack.push_async_callback(client.aclose)
            return FileClient(client)

        yield make
