"""What is kept of one person: told whole, erased, taken over; one table names every place where a person stands."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from extra_cases import of_extras
from libraries import execute
from people import person_places
from schemas import validate
from stored import put_imported, put_own, put_track

from map4 import Library
from map4.accounts.person import Person
from map4.accounts.records import NewCredential
from map4.accounts.store.accounts import SqlAccounts
from map4.core.audio.content import Content
from map4.core.base.account import Account
from map4.core.base.actor import Actor
from map4.core.base.records import members_of
from map4.core.music.lists.listed import ListedPick, ListName
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play
from map4.core.music.track.labels import Labels
from map4.core.store.stored_tables import REMOVED, ExtraTables, StoredTable
from map4.core.store.written_files import SqlWrittenFiles
from map4.errors import Map4Error, UsageError
from map4.jobs.files import JobFiles
from map4.jobs.store.queue import SqlJobs
from map4.labels import SqlLabels
from map4.lists.store.playlists import SqlPlaylists
from map4.plays.store.player_notes import PlayerNote, SqlPlayerNotes
from map4.plays.store.plays import SqlPlays
from map4.plays.store.steps import SqlPlaySteps

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOLDS_A_PERSON = re.compile(r"owner|account|actor|asker|whose|by|\w+_by")
"""Columns that are called so."""
HOLDS_NONE = {"jobs.owner", "change_log.actor", "value_steps.undone_by"}
"""The server that has a job; who writes at this moment; a step."""
NAME = "Annabelle"


@pytest.fixture
def anna(library: Library) -> Account:
    return library.accounts.add(NAME, hashed="$2b$04$" + "a" * 53)


def busy(library: Library, actor: Actor) -> None:
    """Do all that is kept by a person."""
    store = library._store.acting_as(actor)
    for number in range(3):
        put_track(store, number, title=f"Title {number}")
    put_track(store, 10 + actor.id)
    put_own(store, 0, rating=4.0, year=1999 if actor.name == NAME else 1998)
    put_own(store, 1, rating=2.5)
    put_own(store, 2, mark="peak")
    put_imported(store, {1: {"bpm": 128.0}}, source=f"{actor.id}.deck")
    tracks = list(store.tracks.tracks())
    play = Play(
        audio_id=str(tracks[0].audio_id), at="2026-01-01T00:00:00Z", source="page", heard_s=200.0, length_s=None
    )
    store.part(SqlPlays).add(play, step=store.part(SqlPlaySteps).begin("import", f"/{actor.id}.csv"))
    store.part(SqlPlayerNotes).put(
        PlayerNote(kind="star", subject="al-1", at="2026-01-01T00:00:00Z", value={"by": actor.name})
    )
    for put_rows in of_extras("put_rows"):
        put_rows(store)
    store.part(SqlLabels).put({str(tracks[0].audio_id): Labels(mood="dark")}, now=NOW)
    starred = [ListedPick(starred_at="2026-01-01T00:00:00Z")]
    name = ListName.starred(None if actor == Actor.LOCAL else actor.name)
    store.part(SqlPlaylists).put("Friday", Tracklist(tracks=tracks[:2]), now=NOW)
    store.part(SqlPlaylists).put(name, Tracklist(tracks=tracks[:1], picks=starred), now=NOW)
    store.part(SqlPlaylists).put("Gone", Tracklist(tracks=tracks[:1]), now=NOW)
    store.part(SqlPlaylists).delete("Gone", now=datetime.now(UTC))
    store.part(SqlAccounts).note("logged-in", account=actor.id, now=NOW)
    written = Content(size_bytes=1, digest="d")
    store.part(SqlWrittenFiles).note("/out.csv", written, format_name="csv", tracks=1, seconds=0.1, now=NOW)
    job = store.part(SqlJobs).add("export", {"to": "csv"}, priority=5, asked_by=actor)
    file = Path(JobFiles(store.place.beside).make(job.number), f"Of {actor.name}.csv")
    file.touch()
    store.part(SqlWrittenFiles).note(str(file), written, format_name="csv", tracks=1, seconds=0.1, now=NOW)


def issue(library: Library, account: Account) -> None:
    token = NewCredential(
        account=account.number, kind="token", name="cron", scopes=frozenset({"read"}), digest=b"secret"
    )
    library._store.part(SqlAccounts).issue(token, NOW)


def found_at(library: Library, account: Account) -> dict[str, int]:
    """How often a person stands in each place, as the files say."""
    counts = dict[str, int]()
    for place in person_places():
        table, column = place.split(".")
        value = f"{column} ->> 'id'" if table == "jobs" else column
        with closing(sqlite3.connect(f"{library.path}{'.jobs' * (table == 'jobs')}")) as connection:
            sql = f"SELECT count(*) FROM {table} WHERE {value} IN (?1, CAST(?1 AS TEXT), ?2)"
            counts[place] = connection.execute(sql, (account.number, account.name)).fetchone()[0]
    return counts


def test_columns_with_persons_are_exported_and_erased(library: Library) -> None:
    library._store.part(SqlJobs).has_server()
    for extra in StoredTable.of_extras():
        ExtraTables.make(library._store.database, extra)
    columns = set[str]()
    for file in (library.path, f"{library.path}.jobs"):
        with closing(sqlite3.connect(file)) as connection:
            rows = connection.execute(
                "SELECT t.name || '.' || c.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c "
                "WHERE t.type = 'table'"
            )
            columns |= {place for place, column in rows if HOLDS_A_PERSON.fullmatch(column)}
    assert columns - HOLDS_NONE == set(person_places()) - {"accounts.id", "audit.subject"}
    exported = {name for name, _ in members_of(Person)} | {
        table.export.name for table in StoredTable.all() if table.export
    }
    assert {place.member for place in person_places().values()} <= exported


def test_export_of_a_person_is_complete_and_streamed(library: Library, anna: Account) -> None:
    busy(library, anna.actor())
    issue(library, anna)
    theirs = library.acting_as(anna.actor())
    document = theirs.accounts.export("me").document()
    validate(document)
    assert {place.member: bool(document[place.member]) for place in person_places().values()} == dict.fromkeys(
        document.keys() - {"schema", "beta"}, True
    )
    assert [(rating["title"], rating["value"]) for rating in document["ratings"]] == [
        ("Title 0", 4.0),
        ("Title 1", 2.5),
    ]
    assert [(value["name"], value["value"]) for value in document["values"]] == [("year", 1999)]
    assert [(change["name"], change["was"], change["became"]) for change in document["value_changes"]] == [
        ("rating", None, 4.0), ("year", None, 1999), ("rating", None, 2.5), ("mark", None, "peak")
    ]  # fmt: skip
    assert [(playlist["name"], len(playlist["tracks"])) for playlist in document["lists"]] == [
        ("Friday", 2), (f"Starred ({NAME})", 1), ("Gone", 1)
    ]  # fmt: skip
    pieces = list(theirs.accounts.export(anna.number).pieces())
    assert json.loads("".join(pieces)) == document
    assert max(map(len, pieces)) < len("".join(pieces)) / 3
    assert "secret" not in "".join(pieces)
    assert "$2b$" not in "".join(pieces)


def test_removed_account_is_erased_except_for_its_number(library: Library, anna: Account, tmp_path: Path) -> None:
    bob = library.accounts.add("Bob", "admin")
    for account in (bob, anna):
        busy(library, account.actor())
    issue(library, anna)
    [track, *_] = library._store.tracks.tracks()
    annas = library._store.acting_as(anna.actor()).part(SqlPlaylists)
    annas.put("For all", Tracklist(tracks=[]), now=NOW)
    annas.put("For all", Tracklist(tracks=[track]), now=NOW, what="a track put in")
    library._store.database.connection.execute("UPDATE playlists SET sharing = 'read' WHERE name = 'For all'")
    library._store.part(SqlPlaylists).put("For all", Tracklist(tracks=[]), now=NOW)
    assert all(found_at(library, anna).values())
    bobs = found_at(library, bob)
    [job] = (job.number for job in library._store.part(SqlJobs).page(asked_by=anna.number, limit=9))
    theirs = library.acting_as(bob.actor())
    erased = theirs.accounts.remove(NAME).to_record()
    validate(erased)
    assert erased == {
        "schema": "map4/account-removed/1", "beta": True, "id": anna.number, "name": NAME, "credentials": 1,
        "ratings": 2, "marks": 1, "plays": 1, "lists": 3, "jobs": 1, "shared_lists": 1, "exports": 1, "values": 1,
    }  # fmt: skip
    stays = {name for name, place in person_places().items() if place.at_removal == "number stays"}
    assert {place for place, count in found_at(library, anna).items() if count} == stays
    assert found_at(library, bob) == {**bobs, "audit.account": bobs["audit.account"] + 1}
    assert JobFiles(library.path).file(job) is None
    assert [file.asker_name for file in library.files.written()] == [REMOVED, "Bob", "Bob"]
    names = sorted(playlist.name for playlist in theirs.lists.stored())
    assert names == ["For all", "For all (2)", "Friday", "Starred (Bob)"]
    library.close()
    for file in tmp_path.iterdir():
        assert not file.is_file() or NAME.encode() not in file.read_bytes(), file


def test_first_account_takes_over_local_data(library: Library) -> None:
    busy(library, Actor.LOCAL)
    anna = library.accounts.add(NAME)
    taken = library.accounts.take_local(anna)
    assert (taken.ratings, taken.marks, taken.plays, taken.lists, taken.exports, taken.jobs) == (2, 1, 1, 3, 2, 1)
    theirs = library.acting_as(anna.actor())
    assert [note.subject for note in theirs.player_notes.all("star")] == ["al-1"]
    assert [track.rating() for track in theirs.search("rating:1.. sort:rating-")] == [4, 2.5]
    assert [playlist.name for playlist in theirs.lists.stored()] == ["Friday", f"Starred ({NAME})"]
    assert [change.name for change in theirs.values.history().steps[0].changes] == ["mark"]
    other = library.accounts.add("Bob")
    assert [playlist.name for playlist in library.acting_as(other.actor()).lists.stored()] == [
        "Friday"
    ]  # stars are one's own
    assert {file.asker_name for file in theirs.files.written()} == {NAME}
    assert [job.asked_by.name for job in theirs.jobs.page().jobs] == [NAME]
    with pytest.raises(UsageError, match="only the first account"):
        library.accounts.take_local(anna)


def test_renamed_account_has_its_new_name_everywhere(library: Library, anna: Account) -> None:
    busy(library, anna.actor())
    now = library.accounts.change(NAME, name="Anne")
    theirs = library.acting_as(now.actor())
    assert [playlist.name for playlist in theirs.lists.stored()] == ["Friday", "Starred (Anne)"]
    assert {file.asker_name for file in theirs.files.written()} == {"Anne"}
    assert [job.asked_by.name for job in theirs.jobs.page().jobs] == ["Anne"]


def test_failed_erasure_erases_nothing(library: Library, anna: Account) -> None:
    busy(library, anna.actor())
    before = found_at(library, anna)
    execute(f"{library.path}.jobs", "CREATE TRIGGER stays BEFORE DELETE ON jobs BEGIN SELECT raise(ABORT, 'no'); END")
    with pytest.raises(Map4Error):
        library.accounts.remove(NAME)
    assert found_at(library, anna) == before
    execute(f"{library.path}.jobs", "DROP TRIGGER stays")
    assert library.accounts.remove(NAME).jobs == 1
