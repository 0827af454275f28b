"""How the platform's catalogues are synchronised at a site."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mi_bridge.insurer.profile.part import Part, Pattern


class CatalogueSite(Part):
    """What differs at a site from ``config/catalogue/kinds.toml``; what is not written stays.

    Args:
        enabled: whether the catalogue is synchronised.
        columns: its columns in their order.
        key: the columns that make its unique key.
        code: the column with the code HIS joins by.
        name: the columns of which the first that is not empty is its name.
        first_version: where it begins.
        input: further fields of the request's ``data``.
        page_size: rows a page, where it comes in pages.
    """

    enabled: bool | None = None
    columns: tuple[str, ...] | None = None
    key: tuple[str, ...] | None = None
    code: str | None = None
    name: tuple[str, ...] | None = None
    first_version: str | None = None
    input: dict[str, str] = Field(default_factory=dict)
    page_size: Annotated[int, Field(ge=1, le=10_000)] | None = None


class Catalogues(Part):
    """How the platform's catalogues are synchronised at a site.

    Args:
        first_version: the version before the first (``ver``), seen in practice as ``v0000``.
        first_update_time: the same for catalogues that come in pages (``updt_time``).
        page_size: rows a page; no limit was published, 100 is what other paging transactions allow.
        rows_node: where in ``output`` the rows of a page are.
        nothing_newer: refusals that only say there is nothing newer.
        most_files: so many files in a row that each are newer than the last are taken for a fault.
        most_pages: so many pages of one catalogue are.
        kinds: by the transaction's code, what differs here.
    """

    first_version: Annotated[str, Field(max_length=20)] = "v0000"
    first_update_time: Annotated[str, Field(max_length=19)] = "2020-01-01 00:00:00"
    page_size: Annotated[int, Field(ge=1, le=10_000)] = 100
    rows_node: Annotated[str, Field(min_length=1)] = "data"
    nothing_newer: tuple[Pattern, ...] = ()
    most_files: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    most_pages: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    kinds: dict[str, CatalogueSite] = Field(default_factory=dict)
