"""An extra outside of map4 adds fields, columns and a block of tracks, and touches no other folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPOSITORY
from installed import install

pytestmark = pytest.mark.contract

DECLARED = """
from map4.core.base.declaration import Declaration, IsWord, QueryField, Right, Tables, TrackBlock

def field(name, kind, forms, **more):
    return QueryField(name, kind, f"the {name}", f"{name}:1", forms=f"moods_store:{forms}", extra="moods", **more)

DECLARATION = Declaration(
    field("swing", "number", "SWING", least=0.0, most=1.0, column="number", after="bpm"),
    field("feel", "text", "FEEL", column="text", aliases=("feeling",)),
    field("felt", "date", "FELT", in_words="felt"),
    IsWord("swung", "has swing", "moods_store:SWUNG", extra="moods"),
    TrackBlock("moods", "moods_store:BLOCK", "moods"),
    Right("moods", "set moods", "user"),
    Tables("moods_store:TABLES", 1000, extra="moods"),
    events=("felt",),
)
"""
STORE = """
import json

from map4.core.store.stored_tables import ExtraTables
from map4.core.store.query.forms import BlockForms, FieldForms, TextForms, WordForms
from map4.core.store.query.forms import FileIds
from map4.core.store.database import StorePart
from map4.core.store.stored_tables import StoredTable

TABLES = (StoredTable("moods", ('''CREATE TABLE moods (
    audio_id TEXT PRIMARY KEY, swing REAL, feel TEXT, felt_at TEXT
) STRICT''',), change="felt"),)

class MoodForms:
    def __init__(self, column):
        self.column = column

    def value(self, context):
        return f"(SELECT o.{self.column} FROM moods AS o WHERE o.audio_id = f.audio_id)"

    def of(self, track):
        return (track.block("moods") or {}).get(self.column)

class NumberOfMood(MoodForms, FieldForms): pass
class TextOfMood(MoodForms, TextForms): pass

class Swung(WordForms):
    def clause(self, context):
        return FileIds("SELECT g.id FROM moods AS o JOIN files AS g ON g.audio_id = o.audio_id WHERE o.swing > 0.5")

    def of(self, track):
        return (SWING.of(track) or 0.0) > 0.5

class Block(BlockForms):
    def data(self, owner):
        made = "json_object('swing', o.swing, 'feel', o.feel, 'felt_at', o.felt_at)"
        return f"(SELECT {made} FROM moods AS o WHERE o.audio_id = f.audio_id)"

    def read(self, data):
        return json.loads(data)

class SqlMoods(StorePart):
    def put(self, rows):
        ExtraTables.make(self._database, "moods")
        with self._database.transaction() as connection:
            connection.executemany("INSERT INTO moods VALUES (?, ?, ?, ?)", rows)

SWING, FEEL, FELT, SWUNG, BLOCK = NumberOfMood("swing"), TextOfMood("feel"), TextOfMood("felt_at"), Swung(), Block()
"""
FILL = """
import sys
from contextlib import closing

from libraries import audio_id
from moods_store import SqlMoods
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore

with closing(SqliteStore(sys.argv[1])) as store:
    for number in range(1, 5):
        put_track(store, number, bpm=120.0 + number)
    if "fill" in sys.argv:
        store.part(SqlMoods).put([
            (audio_id(1), 0.2, "Dark & deep", "2026-01-10T00:00:00Z"),
            (audio_id(2), 0.9, "bright", "2026-02-10T00:00:00Z"),
            (audio_id(3), None, None, None),
        ])
"""
ASK = """
import json, sys
from map4 import Library
from map4.core.base.declaration import load
from map4.core.music.query.fields import FIELDS
from map4.search.store import SqlTableRows

with Library.open(sys.argv[1]) as library:
    found = [[track.path for track in library.search(query)] for query in sys.argv[2:]]
    tracks, store = list(library.search("is:any")), library._store
    here, ids, names = store.context(), list(range(1, 5)), ["swing", "feel", "felt"]
    python = [[load(FIELDS[name].forms).of(track) for name in names] for track in tracks]
    sql = [list(row[1:]) for row in store.part(SqlTableRows).values(ids, names, here)]
    print(json.dumps([found, [track.to_record().get("extras") for track in tracks], sql, python]))
"""
EVENTS = """
import json, sys
from map4 import Library
from map4.jobs.event_feed import EventFeed

with Library.open(sys.argv[1]) as library:
    events = library.part(EventFeed).since("0").events
    print(json.dumps([[event.type, len(event.ids)] for event in events if event.to_record()["what"] == "felt"]))
"""
RIGHTS = """
import json
from map4.core.base.account import Account
from map4.core.base.actor import SCOPES, Actor, needs
from map4.errors import NotAllowedError

class Moods:
    @needs("moods")
    def feel(self): return self.actor.name

def may(role, *scopes):
    moods = Moods()
    account = Account(number=1, name=role, role=role, created_at="2026-01-01T00:00:00Z")
    moods.actor = account.actor(frozenset(scopes) if scopes else None)
    try:
        return moods.feel()
    except NotAllowedError as error:
        return str(error)

answers = [may("viewer"), may("user"), may("user", "read"), may("user", "moods"), may("admin")]
print(json.dumps([[*SCOPES][-1], Actor.LOCAL.may("moods"), *answers]))
"""
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    declared = "[map4.extras.v1]\nmoods = moods_declared:DECLARATION\n"
    install(tmp_path, "moods", declared, moods_declared=DECLARED, moods_store=STORE)
    folders = (tmp_path, REPOSITORY / "tests/support", *filter(None, [os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "HOME": str(tmp_path)}

    def python(*words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


@pytest.mark.world
def test_extra_adds_fields_columns_and_a_block(run: Run) -> None:
    run("-c", FILL, "l.map4", "fill")
    queries: dict[str, list[int]] = {
        "swing:0.1..0.3": [1], "swing:0.5..": [2], "has:swing": [1, 2], "missing:feel": [3, 4], "is:swung": [2],
        "^is:swung sort:swing-": [1, 3, 4], "feel:deep": [1], "feeling:=bright": [2], "feel:right": [],
        "felt:2026-02..": [2], "sort:feel": [2, 1, 3, 4], "bpm:121..123 swing:..0.5": [1],
    }  # fmt: skip
    found, extras, sql, python = json.loads(run("-c", ASK, "l.map4", *queries))
    expected = {query: [f"/music/{number}.mp3" for number in numbers] for query, numbers in queries.items()}
    assert dict(zip(queries, found, strict=True)) == expected
    assert sql == python
    first = {"swing": 0.2, "feel": "Dark & deep", "felt_at": "2026-01-10T00:00:00Z"}
    assert (extras[0], extras[2]["moods"]["swing"], extras[3]) == ({"moods": first}, None, None)
    exported = run("-m", "map4", "--library", "l.map4", "export", "--to", "csv", "--columns", "path,swing", "-o", "-")
    assert exported.splitlines()[1] == "/music/1.mp3,0.2"
    shown = run("-m", "map4", "--library", "l.map4", "search", "has:swing", "-f", "{swing:.1f} {feel}")
    assert shown.splitlines() == ["0.2 Dark & deep", "0.9 bright"]


@pytest.mark.world
def test_a_library_without_its_tables_knows_no_value(run: Run) -> None:
    run("-c", FILL, "l.map4")
    queries = ("missing:swing sort:feel,felt,swing", "^is:swung", "missing:felt")
    found, extras, *forms = json.loads(
        run("-c", ASK, "l.map4", *queries, "swing:0..", "feel:a", "felt:2020..", "is:swung")
    )
    assert [len(paths) for paths in found] == [4, 4, 4, 0, 0, 0, 0]
    assert (extras, *forms) == ([None] * 4, [[None] * 3] * 4, [[None] * 3] * 4)


def test_extra_adds_a_scope(run: Run) -> None:
    role = "it needs the scope 'moods' (role user)"
    assert json.loads(run("-c", RIGHTS)) == [
        "moods", True, f"viewer may not do this; {role}", "user", f"user may not do this with this token; {role}",
        "user", "admin",
    ]  # fmt: skip
    assert "|metrics|moods]" in run("-m", "map4", "help", "accounts", "issue")


@pytest.mark.world
def test_extra_adds_an_event(run: Run, tmp_path: Path) -> None:
    run("-c", FILL, "l.map4", "fill")
    assert json.loads(run("-c", EVENTS, "l.map4")) == [["values", 3]]
    (tmp_path / "moods-1.0.dist-info/entry_points.txt").unlink()
    assert json.loads(run("-c", EVENTS, "l.map4")) == [["values", 3]]
    assert run("-m", "map4", "--library", "l.map4", "cache", "verify").startswith("sound: ")
