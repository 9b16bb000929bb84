"""Mutants of real files for everything that reads what others wrote: audio, tags, libraries, lists, queries, requests.

    python tests/torture/fuzz.py [--audio N] [--texts N] [--seed K] [--first I] [--keep FOLDER]

Each mutant may be refused, in the words that its reader has for that. A finding is anything else: an exception that the
reader does not announce, a dead process, a hang. Mutant I of seed K is always the same; --keep writes those that found
something. Prints counts and findings as JSON, and ends with 3 where there are findings.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import anyio

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import engine_libraries as engine  # noqa: E402
import serato_files as serato  # noqa: E402
from audio_files import BORROWED, EXTENSIONS, TORTURE, make, noise  # noqa: E402
from dj_tracks import exported  # noqa: E402
from injections import TEXTS, content_of, nasty_tracks  # noqa: E402
from listed import list_of, written  # noqa: E402
from mcp.client.client import Client  # noqa: E402
from mixxx_libraries import make_library, put_track  # noqa: E402
from other_programs import (  # noqa: E402
    ALBUM_SHEET,
    APPLE_LIBRARY,
    MIX_SHEET,
    REKORDBOX_TEXT,
    TRAKTOR_HISTORY,
    VIRTUALDJ_HISTORY,
)
from playlist_library import make_playlist_library  # noqa: E402
from rekordbox_sticks import damageable_analyses, damageable_library  # noqa: E402
from servers import HERE, client_of  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402
from starlette.websockets import WebSocketDisconnect  # noqa: E402

from map4 import Library  # noqa: E402
from map4.app.jobs.requests import JobRequest  # noqa: E402
from map4.app.lookups.providers import import_dump  # noqa: E402
from map4.domain.imported import sound_values  # noqa: E402
from map4.domain.lookup import Wish  # noqa: E402
from map4.domain.observations import sound_values as provided_values  # noqa: E402
from map4.domain.query.parser import parse_query  # noqa: E402
from map4.errors import NothingFoundError, UsageError  # noqa: E402
from map4.formats.format import PlaylistReadError  # noqa: E402
from map4.formats.importer import ImportReadError, ReadNotes  # noqa: E402
from map4.formats.importers import importers  # noqa: E402
from map4.formats.registry import formats, read_list  # noqa: E402
from map4.formats.rekordbox.analysis_files import rekordbox_analysis  # noqa: E402
from map4.formats.serato.sessions import read_session  # noqa: E402
from map4.formats.serato.tags import values_of_tags  # noqa: E402
from map4.infra.audio.decoder import DEFAULT_DECODER  # noqa: E402
from map4.infra.audio.tags.program_fields import read_program_fields  # noqa: E402
from map4.infra.metadata_providers.canonical_dump import CanonicalDump  # noqa: E402
from map4.infra.metadata_providers.discogs_dump import DiscogsDump  # noqa: E402
from map4.infra.metadata_providers.musicbrainz import MusicBrainz  # noqa: E402
from map4.infra.workers.job import file_stamp  # noqa: E402
from map4.infra.workers.lanes import ProcessLane, inline_lanes  # noqa: E402
from map4.ports.export import ExportOptions  # noqa: E402
from map4.ports.metadata import Request  # noqa: E402
from map4.ports.scanning import AnalyseJob, IdentifyJob, Job  # noqa: E402
from map4.selection.identifying.albums import identify_album  # noqa: E402
from map4.server.library_thread import LibraryThread  # noqa: E402
from map4.server.mcp import make_server  # noqa: E402
from map4.server.mcp_tools import McpSettings  # noqa: E402

LONGEST_SEED_BYTES = 300_000
LONGEST_SEED_LETTERS = 100
"""Of a name; longer ones would cost the time of ten mutants."""
AUDIO_LIMIT_S = 20.0
"""For a second of audio; a scan gives a minute and more."""
TEXT_LIMIT_S = 5.0
TEXTS_A_BATCH = 500
ANALYSED_SHARE = 0.06
"""Of the audio mutants; all are identified, which reads the tags too."""
QUERIES = (
    "bpm:120..128 key:~8A energy:6..", 'artist:"Ann Lee" ^genre:house | is:missing', "year:1995..2005 sort:-bpm",
    "has:drop metre:3 played:2026-01..", "rating:4.. added:30d", 'title:"a\\"b" path:/music', "is:new label:x , isrc:y",
)  # fmt: skip
MULTIPART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--b--\r\n'
REQUESTS = (
    b'PUT /api/v1/tracks/file-1\n{"bpm": 120.5, "key": "8A", "rating": 4, "title": "One", "genre": "House"}',
    b"GET /api/v1/tracks?limit=3&after=2\n", b"GET /api/v1/search?q=bpm%3A100..130+sort%3Abpm&limit=5\n",
    b'POST /api/v1/search/advanced\n{"filters": {"bpm": {"operator": "range", "value": [100, 130]}}, "limit": 4}',
    b'POST /api/v1/compare\n{"files": ["file-1", "file-2"]}', b"GET /api/v1/compatibility/file-1/file-2\n",
    b'POST /api/v1/audio/find-similar\n{"files": ["file-1"], "n": 3}',
    b'POST /api/v1/playlists/generate\n{"seeds": ["file-1"], "n": 4, "minutes": null, "curve": "0:.5,100:.8"}',
    b'POST /api/v1/lists\n{"name": "Friday", "tracks": ["file-1", "file-2"]}', b"GET /api/v1/lists/Friday\n",
    b'POST /api/v1/playlists/check\n{"list": "Friday"}', b"GET /api/v1/jobs?status=pending&limit=2\n",
    b'POST /api/v1/export/csv\n{"query": "house", "not_before": "2030-01-01T00:00:00Z", "priority": 3}',
    b"POST /api/v1/tracks/analyze\n" + MULTIPART, b'POST /api/v1/tracks/analyze\n{"path": "/music/1.mp3"}',
    b"POST /api/v1/jobs/job-1/cancel\n", b"GET /api/v1/tracks/file-1/audio?as=wav\n",
    b"GET /api/v1/doctor?only=tempo\n",
)  # fmt: skip
_WHO = b"u=x&p=enc%3A61&v=1.16.1&c=x"
SUBSONIC = tuple(
    b"%b&%b" % (question, _WHO)
    for question in (
        b"GET /rest/ping.view?f=json", b"GET /rest/getAlbumList2?type=byYear&fromYear=1990&toYear=2010",
        b"GET /rest/search3?query=a&songCount=5&artistOffset=1", b"POST /rest/getSong\nid=file-1",
        b"GET /rest/createPlaylist?name=x&songId=file-1&songId=file-2", b"GET /rest/setRating?id=file-1&rating=4",
        b"GET /rest/getArtists?callback=x&f=jsonp", b"GET /rest/stream?id=file-1&maxBitRate=128&format=mp3",
    )
)  # fmt: skip
MESSAGES = (
    b'{"name": "search", "arguments": {"query": "bpm:100..130", "limit": 3}}',
    b'{"name": "similar", "arguments": {"files": ["/music/1.mp3"], "n": 3}}',
    b'{"name": "set_values", "arguments": {"tracks": ["/music/1.mp3"], "bpm": 120}}',
    b'{"name": "playlist", "arguments": {"seeds": ["/music/1.mp3"], "n": 4}}',
)
RECORDING = (
    b'{"id": "0a", "title": "One", "length": 180000, "artist-credit": [{"name": "Ann", "joinphrase": " & "}, '
    b'{"name": "Bob"}], "isrcs": ["GBAAA9900001"], "first-release-date": "1999-03-01", "genres": [{"name": "house", '
    b'"count": 2}], "relations": [{"type": "remixer", "artist": {"name": "Cy"}}], "releases": [{"id": "0b", '
    b'"title": "Album", "date": "1999", "status": "Official", "media": [{"track-offset": 1, "track": [{"position": 2}]}'
    b'], "label-info": [{"catalog-number": "WARP 1", "label": {"name": "Warp"}}], "release-group": '
    b'{"secondary-types": ["Compilation"]}}]}'
)
DISCOGS = b"""<releases><release id="1" status="Accepted"><artists><artist><name>Ann (2)</name><join>,</join></artist>
</artists><title>A</title><labels><label name="Warp" catno="W 1"/></labels><formats><format name="CD"><descriptions>
<description>LP</description></descriptions></format></formats><styles><style>House</style></styles><released>1999-05-00
</released><tracklist><track><position>1-2</position><title>One</title><duration>3:20</duration></track></tracklist>
</release></releases>"""
DUMP = (
    b"id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,recording_mbid,recording_name,"
    b"combined_lookup,score,year\n1,2,x,Ann,b,Album,a,One,annone,3,1999\n2,2,x,Bob,b,Album,c,Two,bobtwo,4,\n"
)
TOKENS = (
    b"\0", b"\xff" * 4, b"\x80\0\0\0", b"\x7f\xff\xff\xff", b"-1", b"1e999", b"NaN", b'"', b"<", b"&#0;", b"]]>", b"\n",
    b"\r", b"..", b":", b"^", b"(", b"|", b"%00", b"file://", b"\xf0\x9f\x8e\xb5", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"99999999999999999999", b"{", b"[" * 200, b"<a>" * 200,
)  # fmt: skip


@dataclass(slots=True)
class Findings:
    """What happened to the mutants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.outcomes.update(other.outcomes)
        self.found.extend(other.found)

    def note(self, target: str, number: int, problem: str, data: bytes, keep: str | None) -> None:
        self.outcomes[f"{target}: finding"] += 1
        self.found.append({"target": target, "mutant": number, "problem": problem})
        if keep is not None:
            (Path(keep) / f"{number}-{target.replace('/', '-')}").write_bytes(data)


class Hang(BaseException):
    """A reader took longer than it may."""


def mutant(seeds: list[bytes], rng: random.Random) -> bytes:
    """One of the seeds with up to eight changes: bits, bytes, pieces cut, doubled, moved, taken from another."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(data) + 1)
        size = min(rng.choice((1, 2, 4, 16, 256, 4096)), len(data) - at)
        change = rng.randrange(8)
        if change == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1 and at < len(data):
            data[at : at + size] = rng.randbytes(size)
        elif change == 2:
            del data[at : at + size]
        elif change == 3:
            data[at:at] = data[at : at + size]
        elif change == 4:
            data[at:at] = rng.choice(TOKENS)
        elif change == 5:
            data[at : at + len(token)] = (token := rng.choice(TOKENS))
        elif change == 6:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            data[at : at + size] = other[start : start + size]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


# ---- texts: in a process of their own, a batch at a time -----------------------------------------


def text_seeds(shared: Path) -> dict[str, list[bytes]]:
    """Files by the reader that is given them: what map4 writes, and other programs' where they are here."""
    tracks = [track for track in nasty_tracks() if len(track.tags.title or "") < LONGEST_SEED_LETTERS]
    kinds = {"rekordbox": "rekordbox", "traktor": "traktor", "virtualdj": "virtualdj-database"}
    seeds = {f"import/{kind}": [exported(name, tracks)[0]] for kind, name in kinds.items()}
    for file in sorted((shared / "interchange").glob("*.*")):
        kind = {".nml": "traktor", ".crate": "serato", ".db": "rekordbox-db"}.get(file.suffix, "rekordbox")
        if file.suffix != ".md" and file.stat().st_size < 4 * LONGEST_SEED_BYTES:
            seeds.setdefault(f"import/{kind}", []).append(file.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        library = make_library(Path(folder) / "mixxxdb.sqlite")
        put_track(library)
        seeds["import/mixxx"] = [library.read_bytes()]
        seeds["import/engine"] = [engine_seed(Path(folder))]
        seeds["tags/serato"] = [file.read_bytes() for file in serato_seeds(Path(folder))]
    seeds["session/serato"] = [serato.session(*(serato.played(row, f"/{row}.mp3", 10**9) for row in range(3)))]
    seeds["import/rekordbox-usb"] = [damageable_library()]
    seeds["analysis"] = damageable_analyses()
    seeds["base"] = seeds["import/rekordbox"]
    seeds["list/jsonl"] = [b'{"path": "/m/a.mp3"}\n' * 9]  # of longer lines few mutants are JSON
    seeds["import/apple-music"] = [APPLE_LIBRARY]
    seeds["import/cue"] = [MIX_SHEET, ALBUM_SHEET]
    seeds["import/traktor"].append(f"<NML>{TRAKTOR_HISTORY % ''}</NML>".encode())
    seeds["list/m3u"] = [VIRTUALDJ_HISTORY.encode()]
    seeds["list/txt"] = [REKORDBOX_TEXT.encode("utf-16")]
    for name, each in formats().items():
        if each.list_reader is not None and each.list_writer is not None:
            data = written(name, list_of(*tracks, name="A list"))[0]
            seeds.setdefault(f"list/{each.suffixes[0]}", []).append(data)
    seeds["http/api"], seeds["http/subsonic"], seeds["mcp"] = list(REQUESTS), list(SUBSONIC), list(MESSAGES)
    seeds["ws"] = [b"job-1", b"job-2?x=1"]
    seeds["provider"] = [RECORDING, b'{"recordings": [%b]}' % RECORDING, b'{"releases": [], "id": "0b"}']
    seeds["dump/csv"], seeds["dump/xml"] = [DUMP], [DISCOGS]
    with tempfile.TemporaryDirectory() as folder:
        (source := Path(folder) / "a.csv").write_bytes(DUMP)
        import_dump(str(source), str(target := Path(folder) / "dump.sqlite"))
        seeds["dump/sqlite"] = [target.read_bytes()]
    seeds["query"] = [text.encode() for text in QUERIES] + [text.encode("utf-8", "replace") for text in TEXTS]
    return seeds


def engine_seed(folder: Path) -> bytes:
    """Engine's database with a track, its blocks and a list."""
    library = engine.make_library(folder)
    blocks = {
        "trackData": engine.track_data(),
        "beatData": engine.beats(engine.straight(128.0, 0.3)),
        "quickCues": engine.cues(("Drop", 30.0, 0xEAC532), moved=True),
        "loops": engine.loops(("Out", 90.0, 94.0, 1)),
    }
    engine.put_list(library, "A list", [engine.put_track(library, "../One.mp3", blocks=blocks, title="One", key=3)])
    return library.read_bytes()


def serato_seeds(folder: Path) -> Iterator[Path]:
    """A file with Serato's tags of each kind; they are told apart by their first bytes."""
    blocks = {
        "Serato Markers2": serato.markers2(serato.entries([(0, 9, 0xCC0000, "Drop")], [(0, 9, 99, "Loop")])),
        "Serato BeatGrid": serato.grid((0.5, 4), last=(2.5, 120.0)),
        "Serato Autotags": serato.autotags("120.00"),
    }
    for kind in ("mp3", "flac", "m4a", "ogg", "aiff", "wav"):
        yield serato.put(make(folder / f"a.{kind}", noise(0.1)), blocks)


class Doors:
    """A server and an assistant's library, made where a mutant asks for them; for some mutants in a row."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = self._stack.enter_context(tempfile.TemporaryDirectory())

    def close(self) -> None:
        self._stack.close()

    @cached_property
    def library(self) -> Path:
        library = make_playlist_library(Path(self.folder) / "library.map4", tracks=12)
        with Library.open(library) as opened:
            opened.submit_job(JobRequest(kind="duplicates"))
        return library

    @cached_property
    def client(self) -> TestClient:
        return self._stack.enter_context(client_of(self.library, most_body_bytes=20_000, most_upload_bytes=20_000))

    def ask(self, data: bytes) -> str:
        """Send a request; 5xx is a finding."""
        line, _, body = data.partition(b"\n")
        method, _, target = line.partition(b" ")
        if method not in (b"GET", b"POST", b"PUT", b"DELETE") or b"/events" in target:  # whose answer has no end
            return "refused"
        kind = "multipart/form-data; boundary=b" if body.startswith(b"--b") else "application/json"
        kind = "application/x-www-form-urlencoded" if b"/rest/" in target else kind
        answer = self.client.request(
            method.decode(), HERE + "/" + quote(target.lstrip(b"/"), safe="/?&=%+,:"), content=body or None,
            headers={"content-type": kind} if body else {},
        )  # fmt: skip
        if answer.status_code >= 500:
            raise AssertionError(f"{answer.status_code}: {answer.text}")
        return "read" if answer.status_code < 400 else "refused"

    def follow(self, job: str) -> str:
        try:
            with self.client.websocket_connect(
                f"{HERE.replace('http', 'ws')}/api/v1/ws/progress/{quote(job, safe='?=&')}"
            ):
                return "read"
        except WebSocketDisconnect:
            return "refused"

    def call_tool(self, data: bytes) -> str:
        """Have an assistant's message answered; what it is told is a problem of map4's, and no other."""
        try:
            message = json.loads(data)
            name, arguments = str(message["name"]), dict(message["arguments"])
            name.encode()
        except (ValueError, TypeError, KeyError, RecursionError):
            return "refused"

        async def call() -> Any:
            settings = McpSettings(
                open_library=lambda lanes: Library.open(self.library, create=False, lanes=lanes), lanes=inline_lanes,
                allow_writes=True,
            )  # fmt: skip
            thread = LibraryThread(settings.open_library, lanes=settings.lanes)
            try:
                async with Client(make_server(settings, thread)) as client:
                    return await client.call_tool(name, arguments)
            finally:
                thread.close()

        return "refused" if anyio.run(call).is_error else "read"


def _read_answer(data: bytes) -> None:
    """Take an answer as MusicBrainz', as `lookup` does: what can't be understood is one failure of the provider."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise UsageError("is no JSON") from None
    provider = MusicBrainz({"contact": "me@example.org"})
    wish = Wish(artist="Ann & Bob", title="One", duration_s=180.0, isrc="GBAAA9900001")
    path = "recording/0a" if isinstance(answer, dict) and "id" in answer else "recording"
    if provider.fault_in(Request(f"https://musicbrainz.org/ws/2/{path}"), answer) is not None:
        raise UsageError("is no answer")
    both = answer if "recordings" in answer else {**answer, "recordings": [answer]}
    try:
        found = provider.search(wish, lambda request: both)
        values = provider.fetch("0a", "0b", lambda request: both)
    except Exception as error:  # as it is taken around one provider
        raise UsageError("can't be understood") from error
    for one in identify_album([wish], [found]):
        json.dumps([each.to_record() for each in one.candidates], allow_nan=False)
    json.dumps(provided_values(values or {}), allow_nan=False)


def read_text(target: str, data: bytes, doors: Doors) -> str:
    """Give a mutant to its reader; the outcome in a word, where it is one that the reader may have."""
    kind, _, name = target.partition("/")
    folder = doors.folder
    try:
        if kind == "http":
            return doors.ask(data)
        if kind == "ws":
            return doors.follow(data.decode("latin-1"))
        if kind == "mcp":
            return doors.call_tool(data)
        if kind == "provider":
            _read_answer(data)
            return "read"
        if kind == "dump":
            dump = Path(folder) / "dump.sqlite"
            (Path(folder) / "dump.csv").write_bytes(data)
            if name in ("csv", "xml"):
                import_dump(str(Path(folder) / "dump.csv"), str(dump))
            else:
                dump.write_bytes(data)
            (DiscogsDump if name == "xml" else CanonicalDump)(str(dump)).search(
                Wish(artist="Ann", title="One"), lambda request: None
            )
            return "read"
        if kind == "query":
            parse_query(data.decode("utf-8", "replace"))
        elif kind == "list":
            read_list(data, f"a.{name}")
        elif kind == "base":
            _write_into(data, folder)
        elif kind == "analysis":
            (Path(folder) / "a.DAT").write_bytes(data)
            rekordbox_analysis(folder, "a.DAT", Counter())
        else:
            names = {"serato": "a.crate", "mixxx": "mixxxdb.sqlite", "engine": "m.db", "cue": "a.cue"}
            names |= {"rekordbox-usb": "export.pdb"}
            path = Path(folder) / names.get(name, "a.xml")
            path.write_bytes(data)
            if kind == "session":
                read_session(str(path), Counter())
                return "read"
            if kind == "tags":
                sound_values(values_of_tags("a.mp3", read_program_fields(str(path), name), Counter()))
                return "read"
            for _ in importers()[name].read(str(path), ReadNotes()):
                pass
    except (UsageError, PlaylistReadError, ImportReadError, NothingFoundError):
        return "refused"
    return "read"


def _write_into(data: bytes, folder: str) -> None:
    """Replace values in a collection; what is written has to be sound again."""
    base, out = Path(folder) / "base.xml", io.BytesIO()
    base.write_bytes(data)
    options = ExportOptions(into=str(base), with_cues="all", with_grid=True, replace=("key", "comment"))
    formats()["rekordbox"].export(content_of(nasty_tracks()), out, options)
    ElementTree.fromstring(out.getvalue())


def text_batch(seeds: dict[str, list[bytes]], seed: int, first: int, count: int, keep: str | None) -> Findings:
    """Some mutants in a row."""
    signal.signal(signal.SIGALRM, _hang)
    targets, findings = sorted(seeds), Findings()
    with closing(Doors()) as doors:
        for number in range(first, first + count):
            rng = random.Random(f"{seed}:{number}")
            target = rng.choice(targets)
            data = mutant(seeds[target], rng)
            # What is slow once may have waited for a busy machine; what hangs does so again.
            for limit_s in (TEXT_LIMIT_S, 2 * TEXT_LIMIT_S):
                signal.setitimer(signal.ITIMER_REAL, limit_s)
                try:
                    findings.outcomes[f"{target}: {read_text(target, data, doors)}"] += 1
                except Hang:
                    if limit_s == TEXT_LIMIT_S:
                        continue
                    findings.note(target, number, f"took longer than {TEXT_LIMIT_S:g} s", data, keep)
                except Exception as error:  # what no reader announces is what is looked for
                    findings.note(target, number, f"{type(error).__name__}: {error}"[:300], data, keep)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0.0)
                break
    return findings


def fuzz_texts(
    seeds: dict[str, list[bytes]], *, seed: int, first: int, count: int, keep: str | None = None
) -> Findings:
    """Give mutants to the readers of libraries, lists and queries."""
    findings = Findings()
    pool: ProcessPoolExecutor | None = None
    for start in range(first, first + count, TEXTS_A_BATCH):
        pool = pool or ProcessPoolExecutor(1, mp_context=get_context("fork"))
        size = min(TEXTS_A_BATCH, first + count - start)
        try:
            findings.add(pool.submit(text_batch, seeds, seed, start, size, keep).result())
        except BrokenProcessPool:
            findings.note("texts", start, f"the process died within {size} mutants from here on", b"", None)
            pool = None
    if pool is not None:
        pool.shutdown()
    return findings


def _hang(number: int, frame: object) -> None:
    raise Hang


# ---- audio: in the workers of a scan -------------------------------------------------------------


def audio_seeds(shared: Path) -> dict[str, bytes]:
    """A file of each kind, by name: a second of noise, and the awkward ones where they are here."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = [kind for kind in EXTENSIONS if kind not in BORROWED]
        made = {f"noise.{kind}": make(Path(folder) / f"noise.{kind}", noise(1.0)).read_bytes() for kind in kinds}
    files = sorted((shared / "torture").glob("*.*"))
    return made | {file.name: file.read_bytes() for file in files if file.stat().st_size < LONGEST_SEED_BYTES}


def fuzz_audio(seeds: dict[str, bytes], *, seed: int, first: int, count: int, keep: str | None = None) -> Findings:
    """Give mutants to the workers of a scan: audio id and tags of all, the analysis of some."""
    findings, names = Findings(), sorted(seeds)
    by_kind: dict[str, list[bytes]] = {}
    for name in names:
        by_kind.setdefault(Path(name).suffix, []).append(seeds[name])
    lane = ProcessLane()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(first, first + count):
                rng = random.Random(f"{seed}:{number}")
                kind = Path(rng.choice(names)).suffix
                data = mutant(by_kind[kind], rng)
                path = Path(folder) / f"mutant{kind}"
                path.write_bytes(data)
                for job in _jobs(str(path), analyse=rng.random() < ANALYSED_SHARE):
                    outcome, problem = _done(lane, job)
                    findings.outcomes[f"{type(job).__name__}: {outcome}"] += 1
                    if problem is not None:
                        findings.note(kind, number, problem, data, keep)
    finally:
        lane.close()
    return findings


def _jobs(path: str, *, analyse: bool) -> Iterator[Job]:
    stamp = file_stamp(path)
    yield IdentifyJob(path=path, stamp=stamp)
    if analyse:
        yield AnalyseJob(path=path, stamp=stamp, decoder=DEFAULT_DECODER)


def _done(lane: ProcessLane, job: Job) -> tuple[str, str | None]:
    """How a job ended, in a word, and what is wrong with that."""
    future = lane.submit(job, AUDIO_LIMIT_S)
    try:
        outcome = future.result(AUDIO_LIMIT_S)
    except TimeoutError:
        lane.kill()
        return "hang", f"{type(job).__name__} took longer than {AUDIO_LIMIT_S:g} s"
    failure = getattr(outcome, "failure", outcome)
    kind = getattr(failure, "kind", None)
    return kind or "done", failure.message if kind in ("crashed", "no_memory") else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("audio", 2_000), ("texts", 20_000), ("seed", 1), ("first", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", metavar="FOLDER")
    given = parser.parse_args(arguments)
    if given.keep is not None:
        os.makedirs(given.keep, exist_ok=True)
    where: dict[str, Any] = {"seed": given.seed, "first": given.first, "keep": given.keep}
    findings = Findings()
    findings.add(fuzz_texts(text_seeds(TORTURE.parent), count=given.texts, **where))
    findings.add(fuzz_audio(audio_seeds(TORTURE.parent), count=given.audio, **where))
    peaks = {name: resource.getrusage(who).ru_maxrss // 1024 for name, who in _WHOSE.items()}
    told = {"outcomes": dict(sorted(findings.outcomes.items())), "findings": findings.found, "peak_mb": peaks}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 3 if findings.found else 0


_WHOSE = {"parent": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}

if __name__ == "__main__":
    raise SystemExit(main())
