"""The kinds of catalogues: what their columns are, and how a row becomes an item; data, see ``config/catalogue/kinds.toml``."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.verdict import as_text
from mi_bridge.resources import folder

_LONGEST_KEY = 200
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DIGITS = re.compile(r"(\d+)")


class CatalogueKind(BaseModel):
    """One kind at one site; the fields are explained in the data file.

    Args:
        infno: its transaction.
        first_version: where it begins.
        input: further fields of the request.
        page_size: rows a page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    infno: str
    title: str
    way: Literal["file", "pages"]
    enabled: bool = True
    key: tuple[str, ...] = Field(min_length=1)
    code: str
    name: tuple[str, ...] = ()
    pinyin: str = ""
    valid_flag: str = ""
    begin_date: str = ""
    end_date: str = ""
    version: str = ""
    columns: tuple[str, ...] = Field(min_length=1)
    first_version: str = ""
    input: dict[str, str] = Field(default_factory=dict)
    page_size: int = 100

    @model_validator(mode="after")
    def _known_columns(self) -> CatalogueKind:
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("columns names one twice")
        single = (self.pinyin, self.valid_flag, self.begin_date, self.end_date, self.version)
        unknown = {*self.key, self.code, *self.name, *filter(None, single)} - set(self.columns)
        if unknown:
            raise ValueError(f"columns lacks {', '.join(sorted(unknown))}")
        return self

    def item(self, values: Sequence[str | None]) -> dict[str, Any]:
        """Return a file's row as the database takes it.

        Args:
            values: one for each column.

        Raises:
            KeyError: a column of the key is empty; its name is the argument.
        """
        row = {name: value for name, value in zip(self.columns, values, strict=True) if value is not None}
        return self.item_of(row)

    def item_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row with its names as the database takes it; see `item`."""
        return {
            "item_key": self._key(row),
            "item_code": _word(row, self.code),
            "item_name": next((word for name in self.name if (word := _word(row, name))), None),
            "pinyin": _word(row, self.pinyin),
            "valid_flag": _word(row, self.valid_flag),
            "begin_date": _day(row, self.begin_date),
            "end_date": _day(row, self.end_date),
            "version": _word(row, self.version),
            "row_data": row,
        }

    def _key(self, row: Mapping[str, Any]) -> str:
        words = [as_text(row.get(name)) for name in self.key]
        if not all(words):
            raise KeyError(self.key[words.index("")])
        # T-SQL takes keys for equal that differ in blanks at their end
        text = "|".join(words).rstrip(" ")
        return text if len(text) <= _LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


def catalogue_kinds(profile: Profile, path: Path | None = None) -> dict[str, CatalogueKind]:
    """Return the kinds as a site knows them, by code.

    Args:
        profile: the site.
        path: a data file instead of the shipped one.

    Raises:
        CatalogueError: the data file or what the profile says of it cannot be used; names kind and fault.
    """
    path = path or folder("config") / "catalogue" / "kinds.toml"
    national, site = _national(path), profile.catalogues
    unknown = site.kinds.keys() - national.keys()
    if unknown:
        key = f"catalogues.kinds.{min(unknown)}"
        raise CatalogueError(key, f"is no catalogue of {path.name}", remedy="Correct the code.")
    return {infno: _kind(infno, values, profile) for infno, values in national.items()}


def version_rank(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return what versions are compared by: digits as numbers, the rest as text, so that v9 comes before v10."""
    parts = _DIGITS.split(version)
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts if part)


@cache
def _national(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise CatalogueError(str(path), f"cannot be read ({fault})", remedy="Install it again.") from fault


def _kind(infno: str, values: dict[str, Any], profile: Profile) -> CatalogueKind:
    site = profile.catalogues
    first = site.first_version if values.get("way") == "file" else site.first_update_time
    common = {"infno": infno, "first_version": first, "page_size": site.page_size}
    own = site.kinds[infno].model_dump(exclude_none=True) if infno in site.kinds else {}
    try:
        return CatalogueKind.model_validate(common | values | own)
    except ValidationError as fault:
        error = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, error["loc"])) or "columns"
        words = str(error["msg"]).removeprefix("Value error, ")
        raise CatalogueError(
            f"catalogues.kinds.{infno}.{place}", words, remedy="Correct profile or data file."
        ) from None


def _word(row: Mapping[str, Any], name: str) -> str | None:
    return as_text(row.get(name)) or None if name else None


def _day(row: Mapping[str, Any], name: str) -> str | None:
    """Return the day in a text as yyyy-MM-dd; None where there is none a calendar knows."""
    found = _DATE.match(_word(row, name) or "")
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None
