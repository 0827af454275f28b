"""Files of HIS's own requests by way of a folder: 9101 sends a file from there, what 9102 answers is put there.

A file never travels through the database: HIS names it (``fsUploadIn.filename`` without ``in``), or is told its name, size and
SHA-256 in place of its content.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.errors import FileFault, MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.catalogue import Kind
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.archive import ArchiveLimits, TextArchive
from mi_bridge.insurer.files.client import UPLOAD, FileClient
from mi_bridge.insurer.files.quarantine import safe_name
from mi_bridge.insurer.files.stored_file import StoredFile
from mi_bridge.insurer.files.upload_body import UploadBody
from mi_bridge.insurer.input_text import read_input

_LONGEST_INPUT = 64 * 1024
"""An input that names a file is short; a longer one carries it."""
_COUNTED_BYTES = 16 * 1024 * 1024
"""Rows are counted in archives up to this size; a larger one would cost the node seconds."""


@dataclass(frozen=True, slots=True)
class UploadCall(PreparedCall):
    """A prepared 9101 whose body is made while it is sent.

    Args:
        stream: the body.
    """

    stream: UploadBody | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DownloadCall(PreparedCall):
    """A prepared 9102.

    Args:
        target: where its file is to be.
    """

    target: Path = Path()


class FileInsurer:
    """Implements ``Insurer`` on the SDK's client.

    Args:
        client: the SDK's client.
        folder: of the files; made when the first one comes.
    """

    def __init__(self, client: InsurerClient, folder: Path) -> None:
        self._client = client
        self._files = FileClient(client)
        self._folder = folder

    @property
    def blocking(self) -> bool:
        """Whether `prepare` waits for a device; that of 9101 also reads a file."""
        return self._client.blocking

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message's bytes; for a file of the folder its body's hash and signature, which reads it.

        Raises:
            RequestRefused: the message cannot be made, or there is no such file.
        """
        if call.infno == UPLOAD and (source := self._named(call)):
            return self._upload(call, source)
        prepared = self._client.prepare(call)
        transaction = prepared.transaction
        if transaction.kind is not Kind.DOWNLOAD or transaction.output_node:
            return prepared
        name = safe_name(_field(call, "filename") or "file")
        return DownloadCall(**_values(prepared), target=self._folder / f"{prepared.msgid}-{name}")

    def divide(self, call: Call) -> tuple[Part, ...]:
        """Return the parts of what is too large for one call."""
        return self._client.divide(call)

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        """Send a message once. An answer that is a file says so in its text."""
        if isinstance(prepared, UploadCall) and prepared.stream is not None:
            return await self._files.send_upload(prepared, prepared.stream, not_after=not_after)
        if not isinstance(prepared, DownloadCall):
            return await self._client.send(prepared, timeout_s=timeout_s, not_after=not_after)
        try:
            answer = await self._files.receive(prepared, prepared.target, not_after=not_after)
        except OSError as fault:
            words = f"文件不能写入文件夹 {self._folder}（{fault.strerror}），请检查其权限和剩余空间。"
            return Answer(Outcome.UNKNOWN, err_msg=words, fault="files_folder")
        return answer if answer.file is None else await self._told(answer, answer.file)

    async def _told(self, answer: Answer, file: StoredFile) -> Answer:
        rows = await asyncio.to_thread(self._rows, file)
        facts = {"name": file.path.name, "size": file.size, "sha256": file.sha256, "rows": rows}
        output = {"file": facts}
        text = json.dumps({"infcode": 0, "err_msg": None, "output": output}, ensure_ascii=False)
        return replace(answer, infcode="0", output=output, text=text)

    def _rows(self, file: StoredFile) -> int | None:
        if file.size > _COUNTED_BYTES:
            return None
        try:
            return sum(1 for _ in TextArchive(file.path, ArchiveLimits.of(self._client.profile)).rows())
        except FileFault:
            return None

    def _named(self, call: Call) -> Path | None:
        """Return the file an upload names; None where it carries its own bytes."""
        if isinstance(call.input, str) and len(call.input) > _LONGEST_INPUT:
            return None
        if _field(call, "in") not in (None, "", []):
            return None
        name = _field(call, "filename")
        if not isinstance(name, str) or not name:
            return None
        source = self._folder / name
        if safe_name(name) != name or not source.is_file():
            raise MalformedInput(
                f"input.fsUploadIn.filename：文件夹 {self._folder} 中没有文件 {name[:100]}。请先把文件放入该文件夹，或在 in 中给出内容。"
            )
        return source

    def _upload(self, call: Call, source: Path) -> UploadCall:
        try:
            prepared, stream = self._files.make_upload(call, source)
        except FileFault as fault:
            raise MalformedInput(
                f"input.fsUploadIn.filename：文件 {source.name} 不能读取（{fault.fault}）。"
            ) from fault
        return UploadCall(**_values(prepared), stream=stream)


def _values(prepared: PreparedCall) -> dict[str, Any]:
    return {one.name: getattr(prepared, one.name) for one in fields(PreparedCall)}


def _field(call: Call, name: str) -> Any:
    """Return a field of an input's only node, or of the input itself."""
    members = read_input(call.input, limit_bytes=_LONGEST_INPUT * 4).members
    nodes = [node for node in members.values() if isinstance(node, dict)]
    return (nodes[0] if len(nodes) == 1 else members).get(name)
