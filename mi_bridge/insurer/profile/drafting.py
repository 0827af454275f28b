"""A new site's profile: a copy of a template with the site's own name in it."""

from __future__ import annotations

import re
from pathlib import Path

from mi_bridge.errors import ProfileError
from mi_bridge.insurer.profile.loading import profile_path, shipped_profiles
from mi_bridge.resources import folder

TEMPLATE = "template"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_NAME_LINE = re.compile(r'(?m)^name = "[^"]*"')


def draft_profile(name: str, template: str, file: Path) -> None:
    """Write a commented profile.

    Args:
        name: of the new site.
        template: what to begin with: ``template``, the name of a shipped profile, or a file.
        file: where to; it must not be there yet.

    Raises:
        ProfileError: the name is none, the template cannot be read, or the file is there or cannot be written.
    """
    if not _NAME.fullmatch(name) or name in shipped_profiles():
        raise ProfileError(
            "name",
            f"is {name!r}, which is no free name",
            remedy="Take small letters, digits, _ and -, a letter first, and none of the shipped profiles' names.",
        )
    text = _template_text(template)
    if not _NAME_LINE.search(text):
        raise ProfileError(template, 'has no line name = "…" to change', remedy="Name another template.")
    _write(file, _NAME_LINE.sub(f'name = "{name}"', text, count=1))


def _template_text(template: str) -> str:
    path = (
        folder("config") / "profiles" / "template.toml.example"
        if template == TEMPLATE
        else profile_path(template)
    )
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        names = ", ".join([TEMPLATE, *shipped_profiles()])
        raise ProfileError(
            str(path), f"cannot be read as a template ({fault})", remedy=f"Name one of {names}, or a file."
        ) from None


def _write(file: Path, text: str) -> None:
    try:
        # in one step: a file that appeared meanwhile is somebody's work
        with file.open("x", encoding="utf-8", newline="\n") as target:
            target.write(text)
    except FileExistsError:
        raise ProfileError(
            str(file), "is there already", remedy="Name another file with --output, or remove it yourself."
        ) from None
    except OSError as fault:
        raise ProfileError(
            str(file),
            f"cannot be written ({fault.strerror})",
            remedy="Name a folder that exists and may be written.",
        ) from None
