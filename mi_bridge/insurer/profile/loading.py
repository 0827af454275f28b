"""Reads a profile from its file, or says everything that is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mi_bridge.errors import ProfileError, ProfileFault
from mi_bridge.insurer.profile.fault import CROSS
from mi_bridge.insurer.profile.profile import Profile
from mi_bridge.resources import folder

_REMEDIES = {
    "extra_forbidden": "Remove the key or correct its spelling.",
    "missing": "Add the key.",
    "union_tag_not_found": "Add signing.kind: tif, csb, x-ca or none.",
    "union_tag_invalid": "Write one of the kinds named.",
}
_USUAL_REMEDY = "Write a value as described; config/profiles/demo.toml shows every key."
# pydantic puts the chosen kind of signing and its own helpers into the place; the file has no such levels
_NO_LEVELS = ("tif", "csb", "x-ca", "none", "function-after", "[key]")


def load_profile(name_or_path: str | Path) -> Profile:
    """Read a profile.

    Args:
        name_or_path: the name of a shipped profile (``demo``, ``hunan``) or the path of a TOML file.

    Raises:
        ProfileError: the file is missing or wrong; names file, key, fault and remedy, all faults at once.
    """
    path = profile_path(name_or_path)
    return read_profile(path, _text(path))


def read_profile(path: Path, text: str) -> Profile:
    """Make a profile of a file's text.

    Args:
        path: the file, for messages.
        text: what stands in it.

    Raises:
        ProfileError: it is no TOML or a key is wrong; all faults at once.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProfileError(
            str(path), f"is not TOML in UTF-8 ({fault})", remedy="Correct the file."
        ) from fault
    try:
        return Profile.model_validate(values)
    except ValidationError as fault:
        raise _profile_error(path, fault) from None


def profile_path(name_or_path: str | Path) -> Path:
    """Return the file of a profile: a name is that of a shipped one, anything with a folder or ``.toml`` is a path."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return path
    return folder("config") / "profiles" / f"{path.name}.toml"


def shipped_profiles() -> dict[str, Path]:
    """Return the profiles that come with mi-bridge, by name."""
    return {path.stem: path for path in sorted((folder("config") / "profiles").glob("*.toml"))}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise ProfileError(str(path), f"cannot be read ({fault.strerror})", remedy=_known_names()) from fault
    except UnicodeDecodeError as fault:
        raise ProfileError(
            str(path), f"is not TOML in UTF-8 ({fault})", remedy="Save the file as UTF-8."
        ) from fault


def _known_names() -> str:
    return f"Name one of {', '.join(shipped_profiles())}, or give the path of a .toml file."


def _profile_error(path: Path, error: ValidationError) -> ProfileError:
    faults = tuple(_fault(one) for one in error.errors(include_url=False))
    first, *others = faults
    told = "".join(f"; {other}" for other in others)
    return ProfileError(f"{path}: {first.key}", first.fault + told, remedy=first.remedy, faults=faults)


def _fault(error: Any) -> ProfileFault:
    place = [str(part) for part in error["loc"] if part not in _NO_LEVELS]
    key = ".".join(place) or "profile"
    if error["type"] == CROSS:
        return ProfileFault(key, error["ctx"]["fault"], error["ctx"]["remedy"])
    return ProfileFault(key, _words(error), _REMEDIES.get(error["type"], _USUAL_REMEDY))


def _words(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error["input"]
    if error["type"] == "extra_forbidden" or not isinstance(value, str | int | float):
        return f"is wrong: {message}"
    return f"is {value!r}: {message}"
