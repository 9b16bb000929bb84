"""Records and files as answers, and whether a client knows one already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from map4.domain.addresses import UnreadTrack
from map4.library import Library
from map4.server.kept import Kept
from map4.server.problems import problem


def json_response(record: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A record as an answer."""
    return Response(msgspec.json.encode(record), status, headers=dict(headers or {}), media_type="application/json")


@dataclass(frozen=True, slots=True)
class EncodedTrack:
    """The record of a track as it is sent, and its address."""

    id: str
    json: msgspec.Raw

    def __len__(self) -> int:
        return len(self.json)

    def and_also(self, record: Mapping[str, Any]) -> msgspec.Raw:
        """The record with these members behind its own."""
        return msgspec.Raw(bytes(self.json)[:-1] + b"," + msgspec.json.encode(record)[1:])


def encoded_tracks(
    library: Library, file_ids: Iterable[int], kept: Kept[bytes, EncodedTrack]
) -> Iterator[tuple[int, EncodedTrack]]:
    """The tracks of files, each with its id; one that is as it was is not made again."""

    def encode(row: UnreadTrack) -> EncodedTrack:
        digest = row.digest()
        found = kept.get(digest)
        if found is None:
            track = row.read()
            found = EncodedTrack(library.address_of(track), msgspec.Raw(msgspec.json.encode(track.to_record())))
            kept.put(digest, found)
        return found

    return library.made_by_id(file_ids, encode)


def etag_of(data: bytes) -> str:
    """The ETag of what these bytes say."""
    return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'


def knows(request: Request, etag: str) -> bool:
    """Whether the client has the answer of this ETag."""
    return etag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}


class FileAnswer(FileResponse):
    """A file, or the range of it that is asked for; ranges that there are not are a problem, as all errors are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        refused: Headers | None = None

        async def told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refused = Headers(raw=message["headers"])
                where = {name: refused[name] for name in ("content-range",) if name in refused}
                said = "there is no such range of this file" if where else "the Range can't be read; send bytes=0-99"
                await problem(message["status"], said, headers=where)(scope, receive, send)
            elif refused is None:
                await send(message)

        await super().__call__(scope, receive, told)
