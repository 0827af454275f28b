"""A site for catalogues: a simulated platform, a database, and the job that brings the one into the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from insurer_platform import InsurerPlatform
from mi_bridge.bridge.catalogue_job import CatalogueJob
from mi_bridge.bridge.daily_jobs import JobOffice
from mi_bridge.bridge.job import Progress
from mi_bridge.bridge.job_runner import JobResult
from mi_bridge.daemon import build_client, job_office
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.settings import Settings
from mi_bridge.store.driver import load_pyodbc
from site_settings import site_values


class CatalogueSite:
    """One hospital's catalogues.

    Args:
        database: ODBC connection string.
        platform: the insurer.
        folder: where files lie.
    """

    def __init__(self, database: str, platform: InsurerPlatform, folder: Path) -> None:
        self.database = database
        self.platform = platform
        self.folder = folder
        values = site_values(database, platform.base_url, "node-a")
        self.values = values | {"files": {"dir": str(folder)}, "schedule": {"catalogue_at": ""}}
        self.profile: Profile = load_profile("demo")

    def order(self, infno: str, **order: Any) -> None:
        """Make a catalogue of the platform up anew."""
        self.platform._post("catalogues", {"infno": infno, **order})

    def sync(
        self,
        *only: str,
        full: bool = False,
        node: str = "node-a",
        watch: Callable[[Progress], None] | None = None,
    ) -> JobResult:
        """Run the job to its end, whatever was run before."""
        return asyncio.run(self._sync(CatalogueJob(only=only, full=full), node, watch))

    async def _sync(
        self, job: CatalogueJob, node: str, watch: Callable[[Progress], None] | None
    ) -> JobResult:
        settings = Settings.model_validate(self.values)
        client = build_client(settings, self.profile)
        with closing(job_office(settings, client, node)) as office:
            try:
                return await run_now(office, job, watch)
            finally:
                await client.aclose()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, as a person does."""
        connection = load_pyodbc().connect(self.database, autocommit=True)
        try:
            return [tuple(row) for row in connection.execute(query, *parameters).fetchall()]
        finally:
            connection.close()

    def execute(self, statement: str) -> None:
        """Change the database, as nobody should."""
        connection = load_pyodbc().connect(self.database, autocommit=True)
        connection.execute(statement)
        connection.close()

    def items(self, infno: str) -> list[tuple[Any, ...]]:
        """Return a catalogue's items."""
        return self.rows(
            "SELECT item_key, item_code, item_name, valid_flag, version, row_data::text FROM medical_insurance_catalogue_items"
            " WHERE catalogue = ? ORDER BY item_key",
            infno,
        )

    def standing(self, infno: str) -> dict[str, Any]:
        """Return how far a catalogue is."""
        names = ("version", "source", "loaded", "item_count", "message", "last_hash")
        found = self.rows(
            f"SELECT {', '.join(names)} FROM medical_insurance_catalogue_syncs WHERE catalogue = ?", infno
        )
        return dict(zip(names, found[0], strict=True)) if found else {}


async def run_now(
    office: JobOffice, job: CatalogueJob, watch: Callable[[Progress], None] | None = None
) -> JobResult:
    """Run a job at once."""
    from datetime import datetime

    day = datetime.now(office.timezone).date()
    return await office.runner.run(job, day, lambda: office.context(watch), force=True)
