"""Those who share a library: their answers never mix, and what they follow ends with what they showed."""

import asyncio
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from asgi import AsgiAnswer, ask
from people import People, add_people, bearer, expiring
from servers import client_of
from starlette.testclient import TestClient

from map4.core.base.actor import Actor
from map4.exports.options import ExportRequest
from map4.jobs.requests import JobRequest
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.route import filled

pytestmark = pytest.mark.world

API = "/api/v1"
WHO = ("user", "neighbour", "viewer", "admin", "admin, token to read")
"""Two who have ratings and lists, one who has nothing, and one who may do more or less, by what they show."""
_PLACES = {"a": "{track}", "b": "{other}", "id": "{track}", "list": "{list}"}
_EXAMPLES = ((filled(route.path, _PLACES), filled(route.example or {}, _PLACES))
             for route in ROUTES if route.cache and route.method == "GET")  # fmt: skip
QUESTIONS = (
    *(f"{path}?{urlencode(example, doseq=True, safe='{}:')}".rstrip("?") for path, example in _EXAMPLES),
    "/tracks/{track}/tags", "/search?q=rating:3..", "/search?q=sort:rating-&limit=4", "/search?q=is:set", "/doctor",
    "/stats/library", "/stats/library?q=rating:4..", "/lists?name=friday", "/jobs", "/exports", "/auth/session",
    "/events?after=0", "/events?after=0&type=lists", "/events?after=0&type=jobs", "/events?after=0&type=values",
    "/columns?fields=id,rating,is&q=sort:rating-&to=9", "/columns/place?sort=rating&row=3", "/facets?fields=rating,is",
    "/completions?text=is:s&at=4", "/lists/{list}/slots?replace=2", "/changes",
)  # fmt: skip
"""The example of each cached route, and more that have something of a person in their answers."""


@pytest.fixture
def people(made: Path, tmp_path: Path) -> People:
    """Who shares `made`."""
    people = add_people(made, tmp_path / "other.map4")
    with Library.open(made) as library:
        paths = [track.path for track in library.search("is:ok limit:12")]
        for number, who in enumerate(("user", "neighbour")):
            own = library.acting_as(library.accounts.get(who).actor())
            for place, path in enumerate(paths):
                own.set([path], rating=1 + (place + 2 * number) % 5)
            for name in ("Friday", f"of {who}"):
                own.lists.save(name, own.playlist(paths[number : number + 1], n=3, relax=True).to_tracklist(name=name))
            own.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv")))
    return people


@pytest.mark.parametrize("requests", [400, 10_000])
def test_answers_are_per_person(made: Path, people: People, requests: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.server.uses.Uses.note", lambda *given: None)  # it would be another second each time
    with _server(made) as client:
        names = _names(client, people)
    alone: dict[tuple[str, str], AsgiAnswer] = {}
    for who in WHO:  # each asks a server of their own
        with _server(made) as client:
            for question in QUESTIONS:
                asking = partial(ask, client.app, "GET", API + question.format(**names), people.right[who])
                alone[who, question] = _call(client, asking)
    differ = [question for question in QUESTIONS if len({alone[who, question].body for who in WHO}) > 1]
    assert len(differ) >= 12, differ
    chance = random.Random(requests)

    seen: dict[str, bytes] = {}  # what each ETag was given with

    async def in_turn(app: Any) -> None:
        for _ in range(requests // 4):
            chosen = [(chance.choice(WHO), chance.choice(QUESTIONS)) for _ in range(2)]
            # The same of two at the same moment, so that one might be given what is made for the other.
            chosen += [(chance.choice(WHO), question) for _, question in chosen]
            known = {"if-none-match": ", ".join(chance.sample(sorted(seen), min(5, len(seen))))}
            asking = [
                ask(app, "GET", API + question.format(**names), {**people.right[who], **known})
                for who, question in chosen
            ]
            for (who, question), answer in zip(chosen, await asyncio.gather(*asking), strict=True):
                body = seen[answer.headers["etag"]] if answer.status == 304 else answer.body
                assert _without_state(body) == _without_state(alone[who, question].body), (who, question)
                if answer.status == 200 and "etag" in answer.headers:
                    assert seen.setdefault(answer.headers["etag"], body) == body

    with _server(made) as client:
        _call(client, lambda: in_turn(client.app))


def _without_state(body: bytes) -> bytes:
    """What an answer tells, without the word of the state that it is of, in which each server has its own."""
    return re.sub(rb'"state":"[0-9a-f]{16}"', b"", body)


@contextmanager
def _server(library: Path) -> Iterator[TestClient]:
    """A server whose streams of events end as soon as there is nothing more to tell."""
    with client_of(library, requests_per_minute=0) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]
        yield client


def _call(client: TestClient, work: Callable[[], Any]) -> Any:
    """Do it where the server answers."""
    return client.portal.call(work)  # type: ignore[union-attr]


def _names(client: TestClient, people: People) -> dict[str, str]:
    def got(path: str) -> Any:
        return client.get(API + path, headers=dict(people.right["user"])).json()

    [track, other] = got("/tracks?limit=2")["ids"]
    return {"track": track, "other": other, "list": got("/lists?name=friday")["lists"][0]["id"]}


# ---- what is followed ----------------------------------------------------------------------------


def _end(path: Path, people: People, credentials: dict[str, str]) -> None:
    """End what each showed, in a way of its own; what an admin showed comes to its end by itself."""
    with Library.open(path) as library:
        library.credentials.remove(credentials["user"])
        library.accounts.change(people.numbers["neighbour"], role="viewer")
        library.accounts.remove(people.numbers["viewer"])


def test_event_streams_end_with_their_credentials(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("map4.jobs.routes.events", "map4.jobs.routes.jobs"):
        monkeypatch.setattr(f"{module}.HEARTBEAT_S", 0.1)
    people, now, jobs = add_people(made, tmp_path / "other.map4"), datetime.now(UTC), dict[str, str]()
    ends = {who: now + timedelta(seconds=600 + number) for number, who in enumerate(people.numbers)}
    ends["admin"] = now + timedelta(seconds=3)
    shown = {who: bearer(expiring(made, people.numbers[who], at)) for who, at in ends.items()}
    with Library.open(made) as library:
        credentials = {
            credential.account.name: credential.id
            for credential in library.credentials.all()
            if credential.name == "short"
        }
        for who in people.numbers:
            own = library.acting_as(replace(Actor.LOCAL, id=people.numbers[who], name=who))
            jobs[who] = own.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv"))).id

    async def follow(app: Any) -> tuple[list[str], dict[str, AsgiAnswer]]:
        ways = {f"{who} {method}": ask(app, method, API + path, headers) for who, headers in shown.items()
                for method, path in (("GET", "/events?after=0"), ("WS", f"/ws/progress/{jobs[who]}"))}  # fmt: skip
        following = {name: asyncio.ensure_future(way) for name, way in ways.items()}
        await asyncio.to_thread(_of_others, made)
        await asyncio.sleep(0.5)
        gone = [name for name, pending in following.items() if pending.done()]
        await asyncio.to_thread(_end, made, people, credentials)
        async with asyncio.timeout(30):
            return gone, {name: await pending for name, pending in following.items()}

    with client_of(made, requests_per_minute=0) as client:
        gone, ended = _call(client, lambda: follow(client.app))
    assert gone == []
    for name, answer in ended.items():
        expected, status = (b"event: values", 200) if name.endswith("GET") else (b'"status":"pending"', 101)
        assert (expected in answer.body, answer.status) == (True, status), name


def test_waiting_for_a_job_ends_with_the_rights_of_that_moment(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    with Library.open(made) as library:
        library.accounts.change(people.numbers["neighbour"], role="admin")
        own = library.acting_as(replace(Actor.LOCAL, id=people.numbers["user"], name="user"))
        job = own.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv"))).id

    async def follow(app: Any) -> int:
        waiting = asyncio.ensure_future(ask(app, "GET", f"{API}/jobs/{job}?wait=20", people.right["neighbour"]))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await asyncio.to_thread(demote)
        return (await waiting).status

    def demote() -> None:
        with Library.open(made) as library:
            library.accounts.change(people.numbers["neighbour"], role="user")

    with client_of(made, requests_per_minute=0) as client:
        assert _call(client, lambda: follow(client.app)) == 404


def _of_others(path: Path) -> None:
    """What is told to all, and ends nothing."""
    with Library.open(path) as library:
        library.set([next(iter(library.search("is:ok"))).path], year=1999)
