"""How files travel at a site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mi_bridge.insurer.profile.part import Part, Seconds


class Files(Part):
    """How files travel at a site (9101, 9102).

    The three encodings were seen in the specification's appendix and in public integration code; which one a platform
    takes was never published.

    Args:
        upload_encoding: how 9101 carries the file: ``multipart`` (form fields ``jsonStr`` and ``file``), ``byte_array``
            (``in`` is an array of numbers) or ``base64`` (``in`` is text).
        signed_bytes: whether numbers of a byte array run from -128 to 127, as Java's do, instead of 0 to 255.
        placeholder: what stands for ``in`` in the JSON of a multipart upload; Zhejiang's programs write ``[]``.
        catalogue_owner: ``fixmedins_code`` of a catalogue's 9102.
        transfer_timeout_s: how long one upload or download may take, in seconds.
        max_file_bytes: a longer file is given up, in bytes.
        max_unpacked_bytes: what all members of an archive may hold together, in bytes.
        max_members: how many members an archive may have.
        max_row_bytes: the longest row, in bytes.
    """

    upload_encoding: Literal["multipart", "byte_array", "base64"] = "multipart"
    signed_bytes: bool = False
    placeholder: str = ""
    catalogue_owner: Annotated[str, Field(min_length=1, max_length=30)] = "plc"
    transfer_timeout_s: Seconds = 600.0
    max_file_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024**3
    max_unpacked_bytes: Annotated[int, Field(ge=1024)] = 8 * 1024**3
    max_members: Annotated[int, Field(ge=1, le=10_000)] = 100
    max_row_bytes: Annotated[int, Field(ge=1024)] = 1024**2
