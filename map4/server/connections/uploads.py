"""Uploads, streamed into a temporary folder that is deleted after the response."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from map4.core.base.text import size_text
from map4.errors import UsageError
from map4.server.connections.guards import MULTIPART
from map4.server.limits import Allowance
from map4.server.route import Upload

MOST_UPLOADS, MOST_SETS = 4, 2
"""Parallel uploads."""
_THREADS = ThreadPoolExecutor(MOST_UPLOADS + MOST_SETS, "map4-upload")
"""Only for uploads, so that a slow disk delays nothing else."""
_MOST_FIELDS = 40
_ONE_FILE = "send one file, in the field 'file'"
_LEAST_FREE_BYTES = 100_000_000  # free space that uploads must leave on the library's disk
# Broken forms are reported to the client; without a handler they would also appear on stderr.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())
logging.getLogger("python_multipart").propagate = False


@asynccontextmanager
async def received(
    request: Request, allowance: Allowance, *, most_text_bytes: int, into: str | None = None
) -> AsyncIterator[tuple[list[tuple[str, str]], Upload | None]]:
    """The fields of a form and its file, which gets a generated name and is deleted at the end.

    into: folder for the file; None means the system's temporary folder
    """
    fields: list[Field] = []
    files: list[File] = []
    _, options = parse_options_header(request.headers["content-type"])
    if b"boundary" not in options:
        raise UsageError(f"the Content-Type {MULTIPART} has no boundary; 'curl -F file=@track.mp3' sets it")
    with tempfile.TemporaryDirectory(prefix="map4-upload-", dir=into) as folder:
        # Keep nothing of the file in memory: it is written only here.
        where = {"UPLOAD_DIR": folder, "UPLOAD_DELETE_TMP": False, "MAX_MEMORY_FILE_SIZE": -1}

        def add_file(file: File) -> None:
            files.append(file)
            if len(files) > 1:  # each is open until the end
                raise UsageError(_ONE_FILE)

        parser = FormParser(MULTIPART, fields.append, add_file, boundary=options[b"boundary"], config=where)
        is_whole = False
        try:
            async for part in request.stream():
                allowance.take(len(part))
                await asyncio.get_running_loop().run_in_executor(_THREADS, parser.write, part)
                in_files = sum(entry.stat().st_size for entry in os.scandir(folder))
                if len(fields) > _MOST_FIELDS or parser.bytes_received - in_files > most_text_bytes:
                    raise HTTPException(
                        413, f"a form can have at most {_MOST_FIELDS} fields and {most_text_bytes:,} bytes"
                    )
            parser.finalize()
            is_whole = True
        except OSError as error:  # the parser hides its cause
            why = error.strerror or error.__context__
            raise HTTPException(507, f"the file can't be stored: {getattr(why, 'strerror', why)}") from None
        except FormParserError:
            raise UsageError(f"the form is not valid {MULTIPART}") from None
        finally:
            if not is_whole:
                with suppress(FormParserError, OSError, UsageError):  # closes the file of an incomplete part
                    parser.write(b"\r\n--" + options[b"boundary"] + b"--")
            for file in files:
                file.close()
        texts = [(_text(field.field_name), _text(field.value)) for field in fields]
        yield texts, _one_of(files, folder) if files or "file" in dict(texts) else None


def require_room(folder: str, size: int) -> None:
    """Refuse an upload that would fill the library's disk, before reading it."""
    left = shutil.disk_usage(folder).free - size
    if left < _LEAST_FREE_BYTES:
        message = f"the library's disk has no room for {size_text(size)}: {size_text(left + size)} are free"
        raise HTTPException(507, message)


def _one_of(files: list[File], folder: str) -> Upload:
    if [file.field_name for file in files] != [b"file"]:
        raise UsageError(_ONE_FILE)
    name = os.path.basename(_text(files[0].file_name).replace("\\", "/").replace("\0", ""))[-200:] or "upload"
    suffix = os.path.splitext(name)[1]
    path = os.path.join(folder, f"upload{suffix if suffix[1:].isalnum() and suffix.isascii() else ''}"[:20])
    if (sent := files[0].actual_file_name) is not None:
        os.rename(os.fsdecode(sent), path)
    else:  # the file is empty, so it was not written
        open(path, "xb").close()
    os.chmod(path, 0o600)
    return Upload(name=name, path=path)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")
