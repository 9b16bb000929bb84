"""One order of events over what changes in a library and what happens to its jobs."""

from pathlib import Path

import pytest
from libraries import audio_id, put_track
from made_library import database_of
from schemas import validate

from map4 import Library
from map4.core.base.actor import SCOPES, Actor
from map4.core.base.events import Event
from map4.core.music.lists.tracklist import Tracklist
from map4.errors import UsageError
from map4.exports.options import ExportRequest
from map4.jobs.event_feed import IDS_EACH
from map4.jobs.requests import JobRequest
from map4.jobs.store.file import jobs_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of two tracks."""
    path = tmp_path / "library.map4"
    put_tracks(path, 1, 2)
    return path


def put_tracks(path: Path, *numbers: int) -> None:
    with database_of(path) as database, database.transaction() as connection:
        for number in numbers:
            put_track(connection, number)


def short(events: tuple[Event, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    for event in events:
        validate(event.to_record())
    return [(event.type, event.what, event.ids) for event in events]


def test_changes_and_job_events_have_one_order_that_can_be_resumed_anywhere(path: Path) -> None:
    with Library.open(path) as library:
        start = library.events.since(None).through
        assert library.events.since(start).events == ()
        library.set(list(library.search("")), genre="Dub")
        job = library.jobs.submit(JobRequest(kind="scan")).id
        library.jobs.cancel(job)
        library.lists.save("Friday", Tracklist(tracks=[]))
        found = library.events.since(start)
        [friday] = (playlist.id for playlist in library.lists.stored())
        assert short(found.events) == [
            ("values", "set", (audio_id(1), audio_id(2))),
            ("lists", "made", (friday,)),
            ("jobs", "changed", (job,)),
            ("jobs", "changed", (job,)),
        ]
        assert [event.record["status"] for event in found.events if event.record] == ["pending", "cancelled"]
        assert [event.writer for event in found.events] == ["python", "python", None, None]
        assert found.events[-1].id == found.through
        for place, event in enumerate(found.events, start=1):
            assert library.events.since(event.id).events == found.events[place:]
        assert [event.type for event in library.events.since(start, types=["lists"]).events] == ["lists"]
        assert short(library.events.since(start, job=job).events) == short(found.events[2:])
        assert short(library.events.since("0").events)[-4:] == short(found.events)


def test_following_events_of_known_types_creates_no_jobs_file(path: Path) -> None:
    with Library.open(path) as library:
        before = library.events.since(None).through
        assert not Path(jobs_file(library.path)).exists()
        library.jobs.submit(JobRequest(kind="scan"))
        assert short(library.events.since(before).events) == [("jobs", "changed", ("job-1",))]
    with Library.open(path) as library, pytest.raises(UsageError, match="did you mean lists"):
        library.events.since(types=["list"])


def test_many_changes_are_reported_as_one_event(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(path) as library:
        start = library.events.since(None).through
        library.set([library.track("/music/1.mp3")], year=1999)
        put_tracks(path, *range(10, 10 + IDS_EACH))
        library.set(list(library.search("is:ok")), genre="Dub")
        changes = [
            (event.what, len(event.ids)) for event in library.events.since(start).events if event.type == "values"
        ]
        assert changes == [("set", IDS_EACH), ("set", 2)]
        monkeypatch.setattr("map4.jobs.event_feed.MOST_NAMED", 2 * IDS_EACH)
        found = library.events.since(start)
        assert sorted(short(found.events)) == [("tracks", "many", ()), ("values", "many", ())]
        assert [event.id for event in found.events] == [
            start,
            found.through,
        ]  # who goes on after the first sees both again
        assert found.is_whole


@pytest.mark.parametrize("after", ["x", "12", "1-", "-1-1", "1-1-1", "1-" + 19 * "9", "١-١", ""])
def test_invalid_event_ids_are_refused(path: Path, after: str) -> None:
    with Library.open(path) as library, pytest.raises(UsageError, match="0 returns all stored events"):
        library.events.since(after)


def test_resuming_after_a_loss_is_marked_incomplete(path: Path, tmp_path: Path) -> None:
    with Library.open(path) as library:
        library.care.backup(tmp_path / "backup.map4")
        library.jobs.submit(JobRequest(kind="scan"))
        put_tracks(path, 3)
        before = library.events.since(None).through
    Library.care.restore(tmp_path / "backup.map4", path)
    with Library.open(path) as library:
        found = library.events.since(before)
        assert (found.events, found.is_whole) == ((), False)
        put_tracks(path, 3, 4, 5, 6)  # as many as there were, and more
        assert not library.events.since(before).is_whole
        changes = short(library.events.since(found.through).events)
        assert [ids for _, what, ids in changes if what == "added"] == [(audio_id(number),) for number in (3, 4, 5, 6)]
        here = library.events.since(None).through
    Path(jobs_file(str(path))).unlink()
    with Library.open(path) as library:
        assert not library.events.since(here).is_whole
        for _ in range(3):
            library.jobs.submit(JobRequest(kind="scan"))
        assert not library.events.since(here).is_whole


def test_accounts_get_events_of_own_jobs_and_shared_changes(path: Path) -> None:
    ann = Actor(id=1, name="Ann", scopes=frozenset(SCOPES) - {"admin"})
    with Library.open(path) as library:
        people = [library, library.acting_as(ann)]
        starts = [person.events.since(None).through for person in people]
        for person in people:
            person.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv")))
        people[1].set([library.track("/music/1.mp3")], rating=5.0)
        people[1].set([library.track("/music/1.mp3")], genre="Dub")
        changes = [short(person.events.since(start).events) for person, start in zip(people, starts, strict=True)]
        rated, genre = (("values", what, (audio_id(1),)) for what in ("rated", "set"))
        jobs = [("jobs", "changed", (f"job-{number}",)) for number in (1, 2)]
        assert changes == [[genre, *jobs], [rated, genre, jobs[1]]]
        assert library.actor == Actor.LOCAL
