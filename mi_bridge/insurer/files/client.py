"""9101 and 9102: files to the platform and back, by way of the disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.files.receiver import Receiver
from mi_bridge.insurer.files.upload_body import UploadBody, upload_body, upload_mark
from mi_bridge.insurer.input_text import read_input

UPLOAD = "9101"
DOWNLOAD = "9102"
_NODE = "fsUploadIn"


class FileClient:
    """Uploads and downloads of one site.

    Args:
        client: prepares, signs and sends.
    """

    def __init__(self, client: InsurerClient) -> None:
        self._client = client

    async def upload(
        self, source: Path, *, filename: str = "", org_code: str, msgid: str = "", sign_no: str = ""
    ) -> Answer:
        """Upload a file (9101); ``answer.output["file_qury_no"]`` names it from then on.

        Args:
            source: the file.
            filename: what the platform is to call it; its own name where empty.
            org_code: whose it is, and who sends it.
            msgid: the message's number; a fresh one where empty.
            sign_no: number of the sign-in.

        Raises:
            FileFault: the file cannot be read.
            RequestRefused: the message cannot be made.
        """
        fields = {"filename": filename or source.name, "fixmedins_code": org_code}
        call = Call(UPLOAD, {_NODE: fields}, msgid=msgid, org_code=org_code, sign_no=sign_no)
        prepared, body = await self.prepare_upload(call, source)
        return await self.send_upload(prepared, body)

    async def prepare_upload(self, call: Call, source: Path) -> tuple[PreparedCall, UploadBody]:
        """Make an upload ready: the file is read once, for the length, the hash and the signature.

        Args:
            call: a 9101 whose input has no ``in``.
            source: the file.

        Raises:
            FileFault: the file cannot be read.
            RequestRefused: the message cannot be made.
        """
        return await asyncio.to_thread(self.make_upload, call, source)

    def make_upload(self, call: Call, source: Path) -> tuple[PreparedCall, UploadBody]:
        """Make an upload ready, waiting for the disk; see `prepare_upload`."""
        mark = upload_mark(self._client.profile)
        marked, filename = _marked(call, mark)
        prepared = self._client.prepare(marked)
        body = upload_body(prepared.body, mark, source, filename, self._client.profile)
        return self._client.with_stream(prepared, body), body

    async def send_upload(
        self, prepared: PreparedCall, body: UploadBody, *, not_after: float | None = None
    ) -> Answer:
        """Send an upload once. Faults become outcomes, a file that cannot be read any more among them.

        Args:
            prepared: from `prepare_upload`.
            body: from there as well.
            not_after: value of ``time.monotonic()`` past which nothing is sent.
        """
        return await self._client.transfer(prepared, body=body, not_after=not_after)

    async def download(
        self,
        file_qury_no: str,
        filename: str,
        target: Path,
        *,
        owner: str = "",
        org_code: str = "",
        msgid: str = "",
        sign_no: str = "",
    ) -> Answer:
        """Download a file (9102). ``answer.file`` is the file in its place; None where the platform answered otherwise.

        Args:
            file_qury_no: the platform's number of the file.
            filename: its name there.
            target: where it is to be; replaced at once and only by a whole file.
            owner: ``fixmedins_code`` of the file: the organisation, or the catalogues' where empty.
            org_code: who sends; the client's own where empty.
            msgid: the message's number; a fresh one where empty.
            sign_no: number of the sign-in.

        Raises:
            RequestRefused: the message cannot be made.
            OSError: the target's folder cannot be written to.
        """
        fields = {
            "file_qury_no": file_qury_no,
            "filename": filename,
            "fixmedins_code": owner or self._client.profile.files.catalogue_owner,
        }
        call = Call(DOWNLOAD, {"fsDownloadIn": fields}, msgid=msgid, org_code=org_code, sign_no=sign_no)
        return await self.receive(await self._prepared(call), target)

    async def receive(
        self, prepared: PreparedCall, target: Path, *, not_after: float | None = None
    ) -> Answer:
        """Send a prepared download once, and put its file into its place. Faults become outcomes.

        Args:
            prepared: a 9102.
            target: where the file is to be.
            not_after: value of ``time.monotonic()`` past which nothing is sent.

        Raises:
            OSError: the target's folder cannot be written to.
        """
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        receiver = Receiver(target, text_limit=self._client.profile.max_answer_bytes)
        try:
            return await self._client.transfer(prepared, receiver=receiver, not_after=not_after)
        finally:
            receiver.discard()

    async def _prepared(self, call: Call) -> PreparedCall:
        client = self._client
        return await asyncio.to_thread(client.prepare, call) if client.blocking else client.prepare(call)


def _marked(call: Call, mark: str) -> tuple[Call, str]:
    """Return the call with a mark where the file's bytes belong, and the name the platform is to know it by."""
    members = read_input(call.input, limit_bytes=1024 * 1024).members
    node = members.get(_NODE, members)
    if not isinstance(node, dict) or not isinstance(node.get("filename"), str) or not node["filename"]:
        raise MalformedInput(f"input.{_NODE}.filename：必填，缺失。请写明上传后的文件名。")
    fields = {"in": mark} | {name: value for name, value in node.items() if name != "in"}
    marked = Call(
        call.infno,
        json.dumps({_NODE: fields}, ensure_ascii=False),
        call.msgid,
        call.org_code,
        call.insuplc_admdvs,
        call.opter,
        call.opter_name,
        call.opter_type,
        call.sign_no,
    )
    return marked, node["filename"]
