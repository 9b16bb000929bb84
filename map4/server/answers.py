"""Records and files as HTTP responses, with ETags."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from map4.core.music.addresses import AddressedTrack, UnreadTrack
from map4.errors import NothingFoundError
from map4.library import Library
from map4.server.caches import SizedLru
from map4.server.problems import ChangedMeanwhileError, problem, problem_of, written

log = logging.getLogger("map4.server")
T = TypeVar("T")


class Responses:
    """Responses, and their headers."""

    NO_STORE: ClassVar[Mapping[str, str]] = {"Cache-Control": "no-store"}
    """For responses that must not be cached: with secrets, personal data, or endless streams."""

    @staticmethod
    def json(record: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return Response(msgspec.json.encode(record), status, headers=dict(headers or {}), media_type="application/json")

    @staticmethod
    def without_none(value: Any) -> Any:
        """The value without None members, in writable text."""
        if isinstance(value, Mapping):
            return {name: Responses.without_none(item) for name, item in value.items() if item is not None}
        if isinstance(value, list):
            return [Responses.without_none(item) for item in value]
        return written(value) if isinstance(value, str) else value

    @staticmethod
    def etag(data: bytes) -> str:
        return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'

    @staticmethod
    def is_known(headers: Headers, etag: str) -> bool:
        """Whether the client already has the response with this ETag."""
        return etag in {part.strip().removeprefix("W/") for part in headers.get("if-none-match", "").split(",")}

    @staticmethod
    def not_modified(etag: str) -> Response:
        return Response(status_code=304, headers={"ETag": etag})

    @staticmethod
    def byte_ranges(header: str) -> list[tuple[int | None, int | None]]:
        """First and last byte of each range of a Range header (RFC 9110, 14.1.2); without a first byte, the last bytes.

        returns: [] if the header is to be ignored: for another unit, or an invalid range
        """
        unit, _, listed = header.partition("=")
        ranges: list[tuple[int | None, int | None]] = []
        for part in filter(None, (part.strip(" \t") for part in listed.split(","))):
            match = _RANGE.fullmatch(part)
            if unit.lower() != "bytes" or match is None or part == "-":
                return []
            first, last = (
                (min(int(digits[:19] or 0), _MOST_PLACE) if given else None)
                for digits, given in zip(match.groups(), part.split("-"), strict=True)
            )
            if first is not None and last is not None and last < first:
                return []
            ranges.append((first, last))
        return ranges


_RANGE = re.compile(r"0*([0-9]*)-0*([0-9]*)")
_MOST_PLACE = 10**18 - 1
_GONE = "the file is gone or can't be read; is its drive connected?"


@dataclass(frozen=True, slots=True)
class EncodedTrack:
    """The encoded record of a track, and its address."""

    id: str
    json: msgspec.Raw

    def __len__(self) -> int:
        return len(self.json)

    def and_also(self, record: Mapping[str, Any]) -> msgspec.Raw:
        """The record with more members appended."""
        return msgspec.Raw(bytes(self.json)[:-1] + b"," + msgspec.json.encode(record)[1:])


def encoded_tracks(
    library: Library, file_ids: Iterable[int], cache: SizedLru[bytes, EncodedTrack]
) -> Iterator[tuple[int, EncodedTrack]]:
    """The encoded tracks of files, each with its id; unchanged tracks come from the cache."""

    def encode(row: UnreadTrack) -> EncodedTrack:
        digest = row.digest()
        encoded = cache.get(digest)
        if encoded is None:
            track = row.read()
            encoded = EncodedTrack(
                library.tracks.address_of(track), msgspec.Raw(msgspec.json.encode(track.to_record()))
            )
            cache.put(digest, encoded)
        return encoded

    return library.tracks.made_by_id(file_ids, encode)


def version_of(track: AddressedTrack) -> str:
    """A version that changes with the track's public record."""
    return Responses.etag(msgspec.json.encode(track.to_record()))[1:-1]


def versioned(
    record: Mapping[str, Any],
    version: str,
    *,
    shown: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A record as a response whose ETag begins with the version of the editable part.

    The rest, such as the tracks of a list, may change without affecting `require_version`.

    shown: the record that a GET would return, if `record` differs
    """
    body = msgspec.json.encode(record if shown is None else shown)
    return Responses.json(record, status, {**(headers or {}), "ETag": f'"{version}.{Responses.etag(body)[1:-1]}"'})


def require_version(if_match: Sequence[str], version: str) -> None:
    """Refuse a change if the request has If-Match and no ETag in it has this version."""
    if if_match and "*" not in if_match and f'"{version}' not in {tag.partition(".")[0] for tag in if_match}:
        raise ChangedMeanwhileError("it has changed since you read it; read it again and repeat your change")


async def while_wanted(receive: Receive, making: Awaitable[T], *, patience_s: float = 0.0) -> T:
    """Return the result; cancel it if it is not ready `patience_s` after the client has gone.

    receive: of a request whose body was read
    """
    task, gone = asyncio.ensure_future(making), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait((task,), timeout=patience_s)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))  # what it uses can be closed now
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _gone(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def unless_known(request: Request, answer: Response) -> Response:
    """The response with an ETag, or 304 if the client already has it."""
    if request.method not in ("GET", "HEAD") or answer.status_code != 200 or isinstance(answer, FileResponse):
        return answer
    etag = answer.headers.setdefault("ETag", Responses.etag(bytes(answer.body)))
    return Responses.not_modified(etag) if Responses.is_known(request.headers, etag) else answer


class FileAnswer(FileResponse):
    """A file, or the requested range of it; errors are problem documents.

    piece: maximum number of bytes of a range per response; None for no limit
    """

    def __init__(self, path: str, *, piece: int | None = None, **how: Any) -> None:
        super().__init__(path, **how)
        self._piece = piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; if it vanishes or shrinks meanwhile, close the connection."""
        left: int | None = None  # announced bytes not yet sent; None before the headers
        is_over = False  # the response is complete
        received = Headers(scope=scope)

        async def tracked_send(message: Message) -> None:
            nonlocal left, is_over
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                if message["status"] == 416:
                    is_over = True
                    where = {"Content-Range": headers["content-range"]}
                    await problem(416, "the range is outside the file", headers=where)(scope, receive, send)
                    return
                left = 0 if scope["method"] == "HEAD" else int(headers["content-length"])
            elif left:
                body = message["body"][:left]
                left -= len(body)
                message = {**message, "body": body, "more_body": left > 0}
            elif is_over:
                return
            is_over = left == 0 and message["type"] == "http.response.body"
            await send(message)

        is_lost = False
        try:
            before = await run_in_threadpool(os.stat, self.path)
            self.set_stat_headers(before)
            if Responses.is_known(received, self.headers["etag"]):
                await Responses.not_modified(self.headers["etag"])(scope, receive, send)
                return
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            if ranges := self._ranges(received.get("range", ""), before.st_size):
                listed = ",".join("-".join("" if place is None else str(place) for place in each) for each in ranges)
                headers.append((b"range", f"bytes={listed}".encode()))
            await super().__call__({**scope, "headers": headers}, receive, tracked_send)
        except (OSError, RuntimeError):  # their messages contain the file's name
            is_lost = True
            if left is None:
                await problem_of(NothingFoundError(_GONE))(scope, receive, send)
        # The server closes the connection after an incomplete response. Usually the client has gone.
        if left and (is_lost or await run_in_threadpool(_is_shorter, self.path, before.st_size)):
            log.warning("a file vanished or shrank while it was sent")

    def _ranges(self, header: str, size: int) -> list[tuple[int | None, int | None]]:
        given = Responses.byte_ranges(header)
        # Without ranges outside the file, unless all are.
        ranges = [each for each in given if (each[1] if each[0] is None else each[0] < size)] or given
        if self._piece and len(ranges) == 1 and (begin := ranges[0][0]) is not None:
            ranges = [(begin, min(begin + self._piece - 1, size if ranges[0][1] is None else ranges[0][1]))]
        return ranges


def _is_shorter(path: str | os.PathLike[str], size_bytes: int) -> bool:
    try:
        return os.stat(path).st_size < size_bytes
    except OSError:
        return True
