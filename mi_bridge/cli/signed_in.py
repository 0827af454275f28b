"""The insurer for one command, with the operators' sign-ins the whole cluster shares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_bridge.bridge.sign_in_office import SignInOffice
    from mi_bridge.settings import Settings

_STOP_S = 5.0


@asynccontextmanager
async def signed_in(settings: Settings, name: str) -> AsyncIterator[SignInOffice]:
    """Give what signs in, with a client that does; closed after it.

    Args:
        settings: validated.
        name: of this process, unlike that of any node; it counts as alive as long as this lasts.

    Raises:
        ConfigurationError: the profile or a credential cannot be used.
    """
    from mi_bridge.daemon import build_client, sign_in_office
    from mi_bridge.insurer.profile import load_profile

    async with build_client(settings, load_profile(settings.insurer.profile)) as client:
        office = sign_in_office(settings, client, name, attend=True)
        try:
            yield office
        finally:
            await office.stop(_STOP_S)
