"""A file and a database that hold the same give the same answers: the same tracks in the same order."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from doubtful_library import SOUND, put
from drawn_libraries import context, fill_drawn, query, text
from extras.postgres.postgres_server import needs_postgres
from stored import NOW, OpenStore, put_imported

from map4.core.base.text import folded, words_of
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import SORT_FIELDS, VALUE_FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track.cues import GridMark
from map4.core.music.track.tags import Tags
from map4.core.store.database import scalar
from map4.core.store.query.functions import FUNCTIONS
from map4.core.store.search import SqlSearch
from map4.core.store.sqlite_store import SqliteStore
from map4.doctor.checks.diagnosis import CHECKS
from map4.doctor.store.doubts import SqlDoubts
from map4.duplicates import SqlCopies
from map4.search.store import SqlTableRows

pytestmark = [pytest.mark.world, needs_postgres]

HERE = QueryContext(now=NOW)
SEED = 20260615


@pytest.fixture(scope="module")
def both(open_in_postgres: OpenStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("same")
    with ExitStack() as stack:
        stores = SqliteStore(str(folder / "library.map4")), open_in_postgres(folder)
        for store in stores:
            stack.enter_context(closing(store))
            fill_drawn(store, Random(SEED), 50)
            grids = {number: {"grid": (GridMark(position_s=0.5, bpm=120.0),)} for number in range(1, 40)}
            put_imported(store, grids, source="b.deck")
        yield stores


def _answers(store: Any, seed: int, count: int) -> Iterator[tuple[str, list[int], int]]:
    draw = Random(seed)
    search = SqlSearch(store.database, store.tracks, store.part(SqlCopies).file_ids)
    for _ in range(count):
        asked, how = query(draw), context(draw)
        words = f"{asked} {how.preferred} {how.preferences.sources}"
        yield words, search.file_ids(asked, how), search.count(asked, how)


@pytest.mark.parametrize("count", [250, pytest.param(5000, marks=pytest.mark.timeout(1200))])
def test_queries_find_the_same_tracks_in_the_same_order(both: tuple[Any, Any], count: int) -> None:
    found = 0
    for of_file, of_database in zip(*(_answers(store, SEED, count) for store in both), strict=True):
        assert of_database == of_file
        found += bool(of_file[1])
    assert found > count // 4


def _letters() -> list[str]:
    """One of each kind, and those with marks, of two and by themselves."""
    from map4.extras.postgres.schema import letters

    numbers = {number + more for number, *_ in letters() for more in (0, 1)} | {*range(1, 0x600)}
    return [chr(number) for number in sorted(numbers) if not 0xD800 <= number < 0xE000 and number < 0x110000]


@pytest.mark.parametrize("step", [1, 12])
def test_letters_are_folded_and_split_as_in_sqlite(both: tuple[Any, Any], step: int) -> None:
    _, of_database = both
    texts = [f"{letter}a {letter}{other}\u0301 {other.upper()}" for letter, other in pairwise(_letters()[::step])]
    with of_database.database.asking() as connection:
        rows = connection.execute(
            "SELECT map4_folded(value), words_in(value, 'word'), words_in(value, 'token') FROM json_each(?) "
            "ORDER BY CAST(key AS INTEGER)", (json.dumps(texts),),
        ).fetchall()  # fmt: skip
    assert [row[0] for row in rows] == [folded(text) for text in texts]
    assert [row[1].split() for row in rows] == [words_of(text).split() for text in texts]
    assert [row[2].split() for row in rows] == [*_tokens(texts)]


def _tokens(texts: list[str]) -> Iterator[list[str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE said USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')")
        connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (said, instance)")
        connection.executemany("INSERT INTO said VALUES (?)", ((text,) for text in texts))
        found: list[list[str]] = [[] for _ in texts]
        for term, number in connection.execute("SELECT term, doc FROM terms ORDER BY doc, offset"):
            found[number - 1].append(term)
    yield from found


def _rules(draw: Random) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """A function of queries, and what it may be asked."""
    yield "map4_says", (f" {words_of(text(draw, 2))}{draw.choice(['', ' '])}", text(draw), text(draw))
    yield "map4_color", ("#" + "".join(draw.choice("0123456789abcdef") for _ in range(6)),)
    yield "map4_color", ("#" + "".join(draw.choice(["00", "80", "7f", "ff"]) for _ in range(3)),)
    yield "map4_shuffle", (str(draw.randint(0, 9)), text(draw))
    guest = draw.choice(
        [" (feat. ", " ft ", " [Featuring ", " feat.", " Feat of ", "50 ft. ", "٥٠ ft. ", "（feat.", " (", " feat. & "]
    )
    end = draw.choice(["", ")", " - Dub", " Remix)", "; B）", " ft. C"])
    named = f"{draw.choice(['', text(draw)])}{guest}{text(draw)}{end}"
    yield "map4_guests", (named,)
    yield "map4_artists", (draw.choice([named, named, text(draw), ""]),)
    yield "map4_plays", (draw.choice([None, 0, 3]), draw.choice([None, 0, 5]), draw.choice([None, 0, 2, 9]))
    yield "map4_last_played", (draw.choice([None, "2024-03-31", "2024-03-31T02:30:00Z"]), draw.randint(0, 2**31))
    yield "map4_is_upscaled", (draw.choice(["flac", "mp3", "aac", "opus", "ape"]), draw.choice([22_050, 44_100]),
                               draw.uniform(1e5, 4e5), draw.uniform(15_000, 21_000), draw.uniform(0, 60))  # fmt: skip


def test_query_rules_are_equal_in_sqlite_and_postgres(both: tuple[Any, Any]) -> None:
    draw = Random(SEED)
    with both[1].database.asking() as connection:
        for _ in range(40):
            for name, values in _rules(draw):
                answer = scalar(connection, f"SELECT {name}({', '.join('?' * len(values))})", values)
                assert (name, values, answer) == (name, values, FUNCTIONS[name][1](*values))


def test_json_with_names_that_are_not_utf8_is_read_as_in_sqlite(both: tuple[Any, Any]) -> None:
    name = r"\udce9\\\udce9\ud83d\ude00\ud83d\udcff \\udce9\\\\\udce9\ud800\ud83d\ud83d\ude00\ude00"
    said = {"it": f'{{"paths":["{name}",["{name}"]],"of":{{"{name}":"{name}"}},"bpm":120.5,"name":"{name}"}}'}
    members = ("paths", "of", "bpm", "name", "none", "paths[1]")
    asked = [f"json_type(:it, '$.{member}')" for member in members]
    asked += [f"CAST(json_extract(:it, '$.{member}') AS TEXT)" for member in members if member != "name"]
    asked += [f"json_remove(:it, '$.{member}')" for member in members[:4]]
    asked += ["json_array_length(:it, '$.paths')", "(SELECT count(value) FROM json_each(:it, '$.paths'))"]
    of_file, of_database = ([_json(store, sql, said) for sql in asked] for store in both)
    assert of_database == of_file
    shown = json.loads(f'"{name}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert _json(both[1], "json_extract(:it, '$.name')", said) == shown


def _json(store: Any, sql: str, said: dict[str, str]) -> Any:
    with store.database.reading() as connection:
        answer = scalar(connection, f"SELECT {sql}", said)
    return json.loads(answer) if str(answer).startswith(("{", "[")) else answer


def test_sort_orders_and_findings_are_equal_in_sqlite_and_postgres(both: tuple[Any, Any]) -> None:
    checks = [check.name for check in CHECKS]
    of_file, of_database = (
        [
            [store.part(SqlTableRows).order(Query.parse(f"sort:{name}").sort, HERE) for name in SORT_FIELDS],
            store.part(SqlTableRows).values(
                range(1, 51), (*VALUE_FIELDS, "marks", "file_name", "named_genre", "second_bpm"), HERE
            ),
            store.part(SqlTableRows).known(VALUE_FIELDS, HERE),
            [store.part(SqlTableRows).sorted_as(number, "artist", HERE) for number in range(1, 51)],
            SqlDoubts(store).suspects(Query.parse("is:any"), HERE, checks),
            store.search.tallies(Query.parse("is:any"), HERE),
            SqlDoubts(store).genre_texts(Query.parse(""), HERE),
            sorted(store.search.in_albums(Query.parse("is:any"), HERE)),
            store.search.ratings(),
            store.part(SqlCopies).kept(),
            sorted(store.search.names(Query.parse("is:any"), HERE)),
        ]
        for store in both
    )
    assert all(of_file)
    for answer, other in zip(of_file, of_database, strict=True):
        assert other == answer


def test_placeholders_and_garbled_names_are_suspects_in_sqlite_and_postgres(
    open_in_postgres: OpenStore, tmp_path: Path
) -> None:
    names = (
        "Unbekannter Künstler", "<unknown>", "Björk", "Věra Bílá", "Vìra Bílá", "£ona", "Ka¿dy", "Õszi", "Jiøí",
        "Bajagiæ", "kneževiæ", "Janáèek", "’Å–¼—ÑŒç", "“c‘º", "田村", "Õe", "m³", "Martinù",
    )  # fmt: skip
    answers = []
    for store in (SqliteStore(str(tmp_path / "library.map4")), open_in_postgres(tmp_path)):
        with closing(store):
            for name in names:
                put(store.tracks, f"/m/{name.replace('/', '')}.mp3", SOUND, Tags(artist=name, title="Track 03"))
            doubts = SqlDoubts(store)
            suspects = doubts.suspects(Query.parse("is:any"), HERE, ["missing_tags", "garbled"])
            answers.append(([bits for _, bits in suspects], doubts.artists(), doubts.known_names()))
    assert answers[0] == answers[1]
    assert {*answers[0][0]} == {1, 3}
