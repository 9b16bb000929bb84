"""What viewers, users and admins may do with a library, call by call; and that two of them do not meet."""

import inspect
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras
from made_library import path_of, put_tracks
from rights import CALLS_OF_ROLES

from map4 import Library
from map4.core.base.account import Account
from map4.core.base.actor import ROLES, Role
from map4.duplicates.options import DuplicateOptions
from map4.errors import Map4Error, NotAllowedError, NothingFoundError
from map4.exports.options import ExportRequest
from map4.jobs.files import JobFiles
from map4.jobs.plan_records import PLAN_KINDS
from map4.jobs.requests import JobRequest
from map4.lists.playlists import Playlists
from map4.plugins import inline_lanes
from map4.scan.options import ScanOptions

FREE = {"acting_as", "part", "stop", "close", "care.take_turns"}
"""For whoever has the file."""
PARTS = {name: part for name, part in inspect.getmembers(Library, inspect.isclass) if not name.startswith("_")}


def _calls() -> set[str]:
    """Every public call, as `part.name`."""
    found = set[str]()
    for part, cls in {"": Library, **PARTS}.items():
        for name, _ in inspect.getmembers(cls, inspect.isfunction):
            if not name.startswith("_") and not isinstance(inspect.getattr_static(cls, name), staticmethod):
                found.add(f"{part}.{name}".lstrip("."))
    return found - FREE


def _least(role: Role) -> set[str]:
    tables = (CALLS_OF_ROLES, *of_extras("CALLS_OF_ROLES"))
    parts = chain.from_iterable(table.get(role, {}).items() for table in tables)
    return {f"{part}.{name}".lstrip(".") for part, names in parts for name in names.split()}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as found:
        put_tracks(found, range(5))
        yield found


@pytest.fixture
def people(library: Library) -> dict[str, Account]:
    """An account of each role, and another user."""
    made = {role: library.accounts.add(role.title(), role) for role in reversed(ROLES)}
    return {**made, "other": library.accounts.add("Other", "user")}


def _as(library: Library, account: Account) -> Library:
    return library.acting_as(account.actor())


def _is_refused(call: Callable[..., object], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except NotAllowedError:
        return True
    except (TypeError, Map4Error):
        return False
    return False


def test_table_of_roles_lists_every_call() -> None:
    assert sorted(_calls()) == sorted([*_least("viewer"), *_least("user"), *_least("admin")])


@pytest.mark.parametrize("role", ROLES)
def test_role_may_make_calls_of_lower_roles(library: Library, people: dict[str, Account], role: Role) -> None:
    theirs = _as(library, people[role])

    def call(name: str) -> Callable[..., object]:
        part, _, method = name.rpartition(".")
        return getattr(getattr(theirs, part) if part else theirs, method)  # type: ignore[no-any-return]

    refused = {name for name in _calls() if _is_refused(call(name), not_an_argument=1)}
    assert refused == set[str]().union(*(_least(higher_role) for higher_role in ROLES[ROLES.index(role) + 1 :]))


def _job(kind: Any, options: Any) -> Callable[[Library, Path], object]:
    return lambda library, folder: library.jobs.submit(JobRequest(kind=kind, options=options))


def _plan(kind: str) -> Callable[[Library, Path], object]:
    return lambda library, folder: library.plans.make(kind)


# What is asked for, the least role that may, and the call.
DEPENDING: tuple[tuple[str, Role, Callable[[Library, Path], object]], ...] = (
    ("to measure a file", "viewer", lambda library, folder: library.analyze(folder / "one.wav", store=False)),
    ("to measure and keep it", "admin", lambda library, folder: library.analyze(folder / "one.wav")),
    ("to plan a mix", "viewer", lambda library, folder: library.mix(path_of(1), path_of(2))),
    ("to write one", "user", lambda library, folder: library.mix(path_of(1), path_of(2), render=folder / "m.wav")),
    ("a rating", "user", lambda library, folder: library.set(path_of(1), rating=3)),
    ("a tempo", "user", lambda library, folder: library.set(path_of(1), bpm=90)),
    ("what a tempo would be", "user", lambda library, folder: library.set(path_of(1), bpm=91, dry_run=True)),
    ("to undo another's", "admin", lambda library, folder: library.values.undo(1)),
    ("to share another's", "admin", lambda library, folder: library.lists.share("Shared", "edit")),
    ("to change what one may see", "admin", lambda library, folder: library.accounts.change("Other", role="viewer")),
    ("what is kept of another", "admin", lambda library, folder: library.accounts.export("Other")),
    ("another's tokens", "admin", lambda library, folder: library.credentials.all("Other")),
    ("a job: export", "user", _job("export", ExportRequest(to="csv"))),
    ("a job: duplicates", "user", _job("duplicates", DuplicateOptions())),
    *((f"a plan: {kind}", "admin", _plan(kind)) for kind in PLAN_KINDS),
    ("a job: scan", "admin", _job("scan", ScanOptions())),
    *chain.from_iterable(of_extras("DEPENDING")),
)


@pytest.mark.parametrize("what", DEPENDING, ids=lambda what: what[0])
def test_required_role_depends_on_the_arguments(
    library: Library, people: dict[str, Account], tmp_path: Path, what: tuple[str, Role, Callable[[Library, Path], Any]]
) -> None:
    _, least, call = what
    other = _as(library, people["other"])
    other.set(path_of(0), year=1999)
    other.lists.save("Shared", other.lists.in_order("Shared", list(other.search("bpm:101"))))
    other.lists.share("Shared", "read")
    (tmp_path / "one.wav").write_bytes(b"")
    refused = [role for role in ROLES if _is_refused(lambda role=role: call(_as(library, people[role]), tmp_path))]
    assert refused == list(ROLES[: ROLES.index(least)])


def test_personal_data_of_accounts_is_separate(library: Library, people: dict[str, Account], tmp_path: Path) -> None:
    ann, bob = (_as(library, people[name]) for name in ("user", "other"))
    jobs = {}
    for stars, (person, numbers) in enumerate(((ann, (0, 1)), (bob, (1, 2, 3))), start=4):
        tracks = [person.track(path_of(number)) for number in numbers]
        person.set(tracks, rating=stars)
        for name in ("Friday", "Gone"):
            person.lists.save(name, person.lists.in_order(name, tracks))
        person.lists.delete("Gone")
        person.export(tmp_path / f"{stars}.csv")
        jobs[stars] = person.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv")))
        Path(JobFiles(str(tmp_path / "library.map4")).make(jobs[stars].number), "out.csv").touch()
    for stars, person, count, mine, yours in ((4, ann, 2, jobs[4], jobs[5]), (5, bob, 3, jobs[5], jobs[4])):
        assert [track.rating() for track in person.search("rating:1.. sort:path")] == [stars] * count
        assert (person.count("rating:4"), person.count("rating:5")) == ((2, 0) if stars == 4 else (0, 3))
        assert person.stats().ratings == {stars: count}
        assert [(found.name, found.tracks, found.may_edit) for found in person.lists.stored()] == [
            ("Friday", count, True)
        ]
        assert [found.tracks for found in person.lists.deleted()] == [count]
        assert len(person.lists.read_stored("Friday").tracks()) == count
        assert [Path(found.path).name for found in person.files.written()] == [f"{stars}.csv"]
        assert [job.id for job in person.jobs.page().jobs] == [mine.id]
        assert [step.count for step in person.values.history().steps] == [count]
        events = person.events.since("0").events
        assert {event.type for event in events} == {"tracks", "values", "lists", "jobs"}
        assert {one_id for event in events if event.type == "jobs" for one_id in event.ids} == {mine.id}
        listed = {found.id for found in (*person.lists.stored(), *person.lists.deleted())}
        assert {list_id for event in events if event.type == "lists" for list_id in event.ids} == listed
        for refused in (person.jobs.get, person.jobs.cancel, person.jobs.retry, person.jobs.file):
            with pytest.raises(NothingFoundError, match="there is no job"):
                refused(yours.id)
    theirs = bob.lists.id_of("Friday")
    for call in (Playlists.read_stored, Playlists.delete, Playlists.version, Playlists.find):
        with pytest.raises(NothingFoundError):
            call(ann.lists, theirs)
    assert bob.lists.restore("Gone") == "Gone"
