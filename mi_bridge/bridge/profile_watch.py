"""Takes over a site's changed profile while the node runs, or says why it was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from mi_bridge.bridge.condition import Condition, Report
from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.profile.changing import ProfileFile, at_once

_log: Any = structlog.get_logger()
REFUSED_CONDITION = "PROFILE_REFUSED"
PROFILE_EVERY_S = 30.0


class Follower(Protocol):
    """Whoever works by the profile."""

    def adopt(self, profile: Profile) -> None:
        """Work by another profile from now on.

        Raises:
            ConfigurationError: it cannot; nothing has changed.
        """
        ...


class ProfileWatch:
    """Looks at the profile's file now and then.

    Args:
        file: the profile's.
        profile: in use since the start.
        followers: who is told; the first one may refuse, the others only read it.
        adjust: puts the settings' own limits on top of a profile.
    """

    def __init__(
        self,
        file: ProfileFile,
        profile: Profile,
        followers: tuple[Follower, ...],
        adjust: Callable[[Profile], Profile] = lambda profile: profile,
    ) -> None:
        self._file = file
        self._profile = profile
        self._followers = followers
        self._adjust = adjust
        self._fault = ""
        self._refused = Condition(REFUSED_CONDITION)

    async def turn(self, report: Report) -> None:
        """Take over a changed file; a broken one keeps what was in use, and an alert says so.

        Args:
            report: tells the database.

        Raises:
            StoreError: the database did not take the alert; the next turn reports it again.
        """
        try:
            changed = await asyncio.to_thread(self._file.look)
            if changed is not None:
                self._adopt(changed)
                self._fault = ""
        except ConfigurationError as fault:
            self._fault = f"{fault.key}: {fault.fault}"
            _log.error("profile refused; what was in use goes on", error=fault.message, remedy=fault.remedy)
        message = f"站点配置有误，未载入，原配置继续有效：{self._fault}" if self._fault else ""
        await self._refused.tell(report, message)

    def _adopt(self, changed: Profile) -> None:
        profile, waiting = at_once(self._profile, self._adjust(changed))
        for follower in self._followers:
            follower.adopt(profile)
        self._profile = profile
        _log.info("profile taken over", profile=profile.name)
        if waiting:
            _log.warning("these keys of the profile count from the next start on", keys=list(waiting))
