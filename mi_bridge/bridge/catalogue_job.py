"""The daily synchronisation of the platform's catalogues (1301 to 1319)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from mi_bridge.bridge.catalogue_download import CatalogueDownload
from mi_bridge.bridge.catalogue_pages import CataloguePages
from mi_bridge.bridge.catalogue_shelf import CatalogueShelf
from mi_bridge.bridge.job import JobContext
from mi_bridge.domain.daily_window import DailyWindow, clock_time
from mi_bridge.errors import ConfigurationError, JobFailed, RequestRefused, UnknownInterface
from mi_bridge.insurer.catalogue_kind import CatalogueKind, catalogue_kinds
from mi_bridge.insurer.profile import Profile
from mi_bridge.settings import Settings

_log: Any = structlog.get_logger()
NAME = "catalogue"


class CatalogueJob:
    """Brings catalogues up to date, one after another; one that fails does not keep the others back.

    One whose transaction is switched off or has no address at this site is left out, unless it was asked for by name.

    Args:
        window: when it may begin; None for on demand.
        only: these catalogues, enabled or not; all enabled ones where empty.
        full: load them anew from the first version.
    """

    def __init__(
        self, window: DailyWindow | None = None, *, only: Sequence[str] = (), full: bool = False
    ) -> None:
        self._window = window
        self._only = tuple(only)
        self._full = full

    @property
    def name(self) -> str:
        """Its name; that of a part of the catalogues is another, so that the night still brings the rest."""
        return f"{NAME} {','.join(self._only)}"[:64] if self._only else NAME

    @property
    def window(self) -> DailyWindow | None:
        """When it may begin."""
        return self._window

    async def run(self, context: JobContext) -> str:
        """Synchronise, and return what came of it.

        Raises:
            JobFailed: one or more could not be; names each and why.
            StoreError: the database stayed away.
            ConfigurationError: a catalogue's columns are wrong.
        """
        done: list[str] = []
        failed: list[str] = []
        skipped: list[str] = []
        for kind in chosen_kinds(context.profile, self._only):
            try:
                done.append(await self._synchronise(kind, context))
            except (JobFailed, RequestRefused) as fault:
                if isinstance(fault, UnknownInterface) and not self._only:
                    skipped.append(kind.infno)
                    continue
                _log.error("catalogue not synchronised", catalogue=kind.infno, error=fault.message)
                failed.append(f"{kind.infno} {kind.title}：{fault.message}")
        if failed:
            raise JobFailed(f"{len(failed)} 种目录未同步，{len(done)} 种已同步。{' '.join(failed)}")
        left_out = f"；本站没有接入，未同步：{'，'.join(skipped)}" if skipped else ""
        return f"{len(done)} 种目录已同步：{'，'.join(done)}{left_out}"

    async def _synchronise(self, kind: CatalogueKind, context: JobContext) -> str:
        shelf = await CatalogueShelf.open(
            context.database, kind.infno, context.node_id, kind.first_version, full=self._full
        )
        work = CatalogueDownload if kind.way == "file" else CataloguePages
        try:
            await _run(work(kind, shelf, context))
        except UnknownInterface:
            raise
        except (JobFailed, RequestRefused) as fault:
            await shelf.fault(fault.message, forget=False)
            raise
        _log.info(
            "catalogue synchronised", catalogue=kind.infno, inserted=shelf.inserted, changed=shelf.changed
        )
        return f"{kind.infno} 新增 {shelf.inserted} 变更 {shelf.changed}"


async def _run(work: CatalogueDownload | CataloguePages) -> None:
    try:
        await work.run()
    except OSError as fault:
        where = f"{fault.filename}：" if fault.filename else ""
        raise JobFailed(
            f"文件夹不能使用（{where}{fault.strerror}）。请检查 files.dir 的权限和剩余空间。"
        ) from fault


def chosen_kinds(profile: Profile, only: Sequence[str] = ()) -> list[CatalogueKind]:
    """Return the catalogues to synchronise.

    Args:
        profile: the site.
        only: these; all enabled ones where empty.

    Raises:
        ConfigurationError: there is no such catalogue, or its columns are wrong.
    """
    kinds = catalogue_kinds(profile)
    unknown = [infno for infno in only if infno not in kinds]
    if unknown:
        raise ConfigurationError(
            "kind", f"{unknown[0]} is no catalogue", remedy=f"There are {', '.join(kinds)}."
        )
    return [kind for infno, kind in kinds.items() if (infno in only if only else kind.enabled)]


def nightly(settings: Settings) -> CatalogueJob:
    """Return the job with the window the settings give it."""
    schedule = settings.schedule
    if not schedule.catalogue_at:
        return CatalogueJob()
    return CatalogueJob(DailyWindow(clock_time(schedule.catalogue_at), clock_time(schedule.catalogue_until)))
