"""What happens, followed over HTTP: in one piece, without a gap, whoever is killed meanwhile."""

import asyncio
import gc
import http.client
import json
import random
import re
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from conftest import REPOSITORY, Run
from jobs import DONE, STUB
from libraries import audio_id
from live_server import buffering_proxy, serving
from schemas import validate
from servers import HERE, WHO, client_of, settings_of
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message
from waiting import wait_until

from map4.core.base.actor import SCOPES, Actor
from map4.core.base.events import Events
from map4.errors import LibraryBusyError
from map4.jobs.requests import JobRequest
from map4.jobs.routes import events
from map4.jobs.routes.job_service import jobs_of
from map4.jobs.store.file import SqliteJobs
from map4.library import Library
from map4.server.app import make_app
from map4.server.changes import Changes, changes_of

API = "/api/v1"
STUBS = (partial(jobs_of, command=STUB),)
WRITER = REPOSITORY / "tests" / "support" / "restless_writer.py"


def stream_of(port: int, path: str, last: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Host": "localhost"} | ({} if last is None else {"Last-Event-ID": last})
    connection.request("GET", API + path, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200
    return answer


def read_blocks(answer: http.client.HTTPResponse) -> Iterator[dict[str, str]]:
    """Whole blocks, as a browser takes them, until the connection breaks."""
    fields: dict[str, str] = {}
    while True:
        try:
            line = answer.readline()
        except (OSError, http.client.HTTPException):
            return
        if not line.endswith(b"\n"):
            return
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        else:
            yield fields
            fields = {}


class Page:
    """A page that reads all once, and then only what events name."""

    def __init__(self, port: int) -> None:
        self.port, self.table = port, dict[str, Any]()
        self.last: str | None = None
        self.resets = 0

    def get(self, path: str) -> Any:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", API + path, headers={"Host": "localhost"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            assert answer.status in (200, 404), body
            return body if answer.status == 200 else None

    def lists(self) -> dict[str, Any]:
        """What the stored lists are, without what becomes of their tracks elsewhere."""
        names = ("name", "description", "tracks", "updated_at")
        return {playlist["id"]: {name: playlist[name] for name in names} for playlist in self.get("/lists")["lists"]}

    def everything(self) -> dict[str, Any]:
        ids = self.get("/search?q=is:any&limit=500")["ids"]
        return {list_id: self.get(f"/tracks/{list_id}") for list_id in ids} | self.lists()

    def follow(self, until: str) -> None:
        """Connect, and take what comes until this place, or the end of the connection."""
        answer = stream_of(self.port, "/events", self.last)
        with closing(answer):
            for block in read_blocks(answer):
                assert block, f"there is nothing more to tell, and {until} was not told"  # but that it still listens
                if "data" in block:
                    self._take(block["event"], json.loads(block["data"]))
                self.last = block.get("id", self.last)
                if self.last == until:
                    return

    def _take(self, event: str, record: dict[str, Any]) -> None:
        if event == "reset":
            self.resets += 1
            self.table = self.everything()
            return
        assert validate(record)["type"] == event
        for list_id in record["ids"]:
            found = self.lists().get(list_id) if event == "lists" else self.get(f"/tracks/{list_id}")
            if found is None:
                self.table.pop(list_id, None)
            else:
                self.table[list_id] = found


@contextmanager
def restless(path: Path, seed: int) -> Iterator[None]:
    """Somebody who writes, and is killed."""
    writer = subprocess.Popen([sys.executable, str(WRITER), str(path), str(seed)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"\n"
        yield
    finally:
        writer.kill()
        writer.communicate()


def place_of(path: Path) -> str:
    with Library.open(path) as library:
        return library.events.since(None).through


@pytest.mark.world
def test_table_kept_by_events_is_current_after_kills(tmp_path: Path) -> None:
    rng, made = random.Random(5), tmp_path / "library.map4"
    with serving(made, services=(changes_of,)) as port:
        page = Page(port)
        page.follow(place_of(made))
        page.table = page.everything()
        for seed in range(3):
            with restless(made, seed):
                time.sleep(rng.uniform(0.0, 0.2))  # any moment will do; this is what is tried
            if seed == 1:
                continue  # it was away: what happened meanwhile it is told with what comes next
            page.follow(place_of(made))
        assert page.table == page.everything()
        assert {row[:2] for row in page.table} == {"a1", "l-"}
        assert page.resets == 0


def test_stored_events_are_sent_in_one_chunk(made: Path) -> None:
    with Library.open(made) as library:
        for _ in range(9):
            library.jobs.submit(JobRequest(kind="scan"))
    pieces: list[bytes] = []

    async def ask(app: Starlette) -> None:
        has_told = asyncio.Event()

        async def send(message: Message) -> None:
            pieces.append(message.get("body", b""))
            if b"event: jobs" in pieces[-1]:
                has_told.set()

        async def receive() -> Message:
            await has_told.wait()
            return {"type": "http.disconnect"}

        asked = {"type": "http", "method": "GET", "path": f"{API}/events", "query_string": b"after=0"}
        await app({**asked, "headers": [(b"host", b"localhost")]}, receive, send)

    app = make_app(settings_of(made), services=(changes_of,))
    with TestClient(app, base_url=HERE) as client:
        client.portal.call(ask, app)
    [blocks] = (piece for piece in pieces if b"event: jobs" in piece)
    assert blocks.count(b"event: jobs") == 9


@pytest.mark.contract
def test_job_events_resume_without_a_gap_through_a_buffering_breaking_proxy(made: Path) -> None:
    lines = {"say": [{"line": {"more": "x" * 100}}], "times": 120}
    with (
        closing(SqliteJobs(str(made))) as queue,
        serving(made, services=STUBS) as port,
        buffering_proxy(port, cut_after=9000) as proxy,
    ):
        seen, last, connections = [queue.event_range()[1]], place_of(made), 0
        jobs = [queue.add("scan", {**lines, "then": [DONE]}, priority=5).number for _ in range(2)]
        while seen[-1] < queue.event_range()[1] or not queue.get(jobs[-1]).is_final:  # type: ignore[union-attr]
            connections += 1
            assert connections < 100, seen
            for block in read_blocks(stream_of(proxy, "/events", last)):
                if "data" in block:
                    record, last = json.loads(block["data"]), block["id"]
                    assert (record["id"], record["type"], block["event"]) == (last, "jobs", "jobs")
                    seen.append(int(last.partition("-")[2]))
                    if record["record"].get("status") == "completed" and record["ids"] == [f"job-{jobs[-1]}"]:
                        break  # nothing follows
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        assert connections > 3
        answer = stream_of(port, f"/events?job=job-{jobs[0]}&after=0")
        assert (answer.headers["X-Accel-Buffering"], answer.headers["Cache-Control"]) == ("no", "no-store")
        records = (json.loads(block["data"]) for block in read_blocks(answer) if "data" in block)
        assert {tuple(next(records)["ids"]) for _ in range(100)} == {(f"job-{jobs[0]}",)}
        answer.close()
        lost = [
            block for block, _ in zip(read_blocks(stream_of(port, "/events", f"0-{seen[-1] + 5}")), "ab", strict=False)
        ]
        assert (lost[1]["event"], lost[1]["id"]) == ("reset", last)


@pytest.mark.contract
def test_changes_by_requests_and_commands_are_events(made: Path, map4: Run) -> None:
    track, before = audio_id(3), place_of(made)
    opened = partial(Library.open, made, writer="server")
    with client_of(made, open_library=opened) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever

        def read_events() -> list[tuple[str, str, list[str], str]]:
            nonlocal before
            found = client.get(f"{API}/events", headers={"Last-Event-ID": before}).text
            before = re.findall("id: (.*)", found)[-1]
            events = [json.loads(data) for data in re.findall("data: (.*)", found)]
            return [(event["type"], event["what"], event["ids"], event["writer"]) for event in events]

        assert client.put(f"{API}/tracks/{track}", json={"bpm": 87}).status_code == 200
        assert read_events() == [("values", "set", [track], "server")]
        client.post(f"{API}/lists", json={"name": "Friday", "tracks": [track]})
        [friday] = (playlist["id"] for playlist in client.get(f"{API}/lists").json()["lists"])
        assert read_events() == [("lists", "made", [friday], "server")]
        client.patch(f"{API}/lists/{friday}", json={"name": "Saturday"})
        client.delete(f"{API}/lists/{friday}")
        assert read_events() == [("lists", what, [friday], "server") for what in ("renamed", "deleted")]
        map4("--library", made, "set", track, "genre=Dub")
        assert read_events() == [("values", "set", [track], "command")]


def test_answers_are_shared_and_errors_retried() -> None:
    answers = iter([LibraryBusyError("just now"), 1, 2])

    async def ask() -> int:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    async def compute() -> list[int]:
        changes = Changes()
        with pytest.raises(LibraryBusyError):
            await changes.once("question", ask)
        return [await changes.once("question", ask) for _ in range(2)]

    assert asyncio.run(compute()) == [1, 1]


def test_only_few_answers_are_cached_between_two_changes() -> None:
    made = list[weakref.ref[Any]]()

    async def answer() -> Any:
        made.append(weakref.ref(answer := Event()))
        return answer

    async def error() -> Any:
        made.append(weakref.ref(failed := LibraryBusyError("just now")))
        raise failed

    async def compute() -> int:
        changes = Changes()
        for number in range(500):
            await changes.once(number, answer)
            with pytest.raises(LibraryBusyError):
                await changes.once(f"wrong {number}", error)
        gc.collect()
        return sum(reference() is not None for reference in made)

    assert asyncio.run(compute()) <= 100
    assert len(made) == 1000


def test_end_of_events_is_read_once_for_all_accounts(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {name: Actor(id=n, name=name, scopes=frozenset(SCOPES)) for n, name in enumerate(("Ann", "Bob"), start=31)}
    asked = list[str]()

    def since(library: Library, after: str | None, types: tuple[str, ...], job: str | None) -> Events:
        asked.append(library.actor.name)
        return library.events.since(after, types=types, job=job)

    monkeypatch.setattr(events, "_events_since", since)
    with client_of(made, actor_of=people) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever

        def read_events(name: str, after: str | None) -> str:
            place = "" if after is None else f"?after={after}"
            return client.get(f"/api/v1/events{place}", headers={WHO: name}).text

        [end] = {read_events(name, None).rpartition("id: ")[2].strip() for name in ("Ann", "Bob", "Ann")}
        assert {read_events(name, end).partition("\n\n")[2] for name in ("Ann", "Bob")} == {""}
        assert asked == ["Ann"]
        rated = client.put(f"/api/v1/tracks/{client.get('/api/v1/tracks', headers={WHO: 'Ann'}).json()['ids'][0]}",
                           json={"rating": 3}, headers={WHO: "Ann"})  # fmt: skip
        assert rated.status_code == 200
        wait_until(lambda: not client.app.state.changes.known_end)  # type: ignore[attr-defined]
        assert ["rated" in read_events(name, end) for name in ("Ann", "Bob")] == [True, False]
        assert asked == ["Ann", "Ann", "Bob"]


def test_invalid_event_queries_are_refused(made: Path) -> None:
    with client_of(made) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        for query in ("after=x", "after=-1", "type=list", "job=job-9", "job=x", "limit=3"):
            assert client.get(f"{API}/events?{query}").status_code in (400, 404), query
        assert client.get(f"{API}/events", headers={"Last-Event-ID": "x"}).status_code == 400
        everything = client.get(f"{API}/events?after=0&type=tracks").text
        assert set(re.findall("event: (.*)", everything)) == {"tracks"}
        assert f"id: {place_of(made)}\n\n" in everything
