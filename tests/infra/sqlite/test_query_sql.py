"""What queries find in a library, one row a file, however often its files, analyses and values change."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libraries import audio_id, execute, make_library, put_file, put_track, put_user_value
from query_cases import ALL, CASES, NOW, fill
from stores import search_of

from map4.domain.analysis import ANALYSIS_VERSION
from map4.domain.columns import NO_KEY
from map4.domain.harmony import HARMONIC_RULES, HarmonicRule, fits
from map4.domain.key import ALL_KEYS, parse_key
from map4.domain.query.context import QueryContext
from map4.domain.query.fields import FIELDS, IS_WORDS, VALUE_FIELDS
from map4.domain.query.parser import parse_query
from map4.domain.tags import Tags
from map4.domain.track import Source
from map4.errors import Map4Error, QueryError
from map4.infra.sqlite import schema
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.facts import FACTS_COLUMNS, facts_are_in_step
from map4.infra.sqlite.maintenance.contents import verify_library
from map4.infra.sqlite.maintenance.repair import repair_library
from map4.infra.sqlite.tracks import SqliteTracks
from map4.ports.scanning import Identified, Stamp, TagsRead


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("search") / "library.map4"
    with closing(Database(str(path))) as database:
        with database.transaction() as connection:
            fill(connection)
        yield database


def found(
    database: Database,
    text: str,
    *,
    prefer: tuple[Source, ...] = ("measured", "imported", "tag"),
    rule: HarmonicRule = "flexible",
) -> list[int]:
    context = QueryContext(prefer=prefer, rule=rule, now=NOW)
    ids = search_of(database).file_ids(parse_query(text), context)
    numbers = {f"a1-{number:032x}": number for number in range(12)}
    audio = dict(database.connection.execute("SELECT id, audio_id FROM files"))
    return [numbers[audio[file_id]] for file_id in ids]


@pytest.mark.parametrize(("text", "numbers"), CASES)
def test_what_is_found(database: Database, text: str, numbers: list[int]) -> None:
    assert found(database, text) == numbers


def test_the_order_of_sources_decides_which_tempo_and_key_count(database: Database) -> None:
    tag_first: tuple[Source, ...] = ("tag", "measured", "imported")
    assert found(database, "bpm:64", prefer=tag_first) == [1]
    assert found(database, "bpm:128", prefer=tag_first) == []
    assert found(database, "bpm:87.5", prefer=tag_first) == [7]  # the user's own always
    # A tag comes without a confidence, so that nothing is in doubt.
    assert found(database, "has:tempo-confidence", prefer=tag_first) == [2, 3, 5, 8]


@pytest.mark.parametrize("rule", HARMONIC_RULES)
def test_compatible_keys_are_those_of_the_rule(tmp_path: Path, rule: HarmonicRule) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        with database.transaction() as connection:
            for number, key in enumerate((*ALL_KEYS, None)):
                put_track(connection, number, key=key and key.camelot, path=f"/music/{number:02d}.mp3")
        wanted = parse_key("8A")
        got = search_of(database).select(parse_query("key:~8A"), QueryContext(rule=rule, now=NOW))
        expected = [key for key in (*ALL_KEYS, None) if rule == "off" or (key and fits(rule, wanted, key))]
        assert [track.key() for track in got] == expected


def test_each_answer_agrees_with_the_record_of_the_track(database: Database) -> None:
    """What SQL takes for tempo, key, level and confidence is what `to_record` gives."""
    store = SqliteTracks(database)
    search = search_of(database)
    for prefer in (("measured", "imported", "tag"), ("tag", "imported", "measured")):
        columns = search.columns(parse_query(""), QueryContext(prefer=prefer, now=NOW))  # type: ignore[arg-type]
        for row, track in enumerate(store.tracks_by_id(columns.file_id.tolist())):
            record = replace(track, prefer=prefer).to_record()
            tempo, key = record["tempo"] or {}, record["key"] or {}
            found = None if columns.key[row] == NO_KEY else ALL_KEYS[columns.key[row]]
            assert found == replace(track, prefer=prefer).key()
            for value, expected in (
                (columns.bpm[row], tempo.get("bpm")),
                (columns.tempo_confidence[row], tempo.get("confidence")),
                (columns.key_confidence[row], key.get("confidence")),
                (columns.energy[row], (record["energy"] or {}).get("value")),
                (columns.loudness_lufs[row], record["loudness"]["integrated_lufs"]),
                (columns.duration_s[row], record["file"]["duration_s"]),
                (columns.year[row], record["tags"]["year"]),
            ):
                assert (None if math.isnan(value) else float(value)) == expected
            texts = (columns.artist[row], columns.title[row], columns.genre[row], columns.audio_id[row])
            tags = record["tags"]
            assert texts == (tags["artist"], tags["title"], tags["genre"], record["audio_id"])


def test_columns_follow_a_querys_order_and_limits(database: Database) -> None:
    search = search_of(database)
    context = QueryContext(now=NOW)
    columns = search.columns(parse_query("sort:bpm- limit:3 offset:1"), context, hamms=True)
    assert columns.bpm.tolist() == [127.998, 120.06, 120.04]
    assert columns.hamms is not None
    assert columns.hamms.shape == (3, 12)
    assert columns.hamms[0].tolist() == pytest.approx([i / 20 for i in range(12)])
    empty = search.columns(parse_query("artist:nobody"), context, hamms=True)
    assert len(empty) == 0
    assert empty.hamms is not None
    assert empty.hamms.shape == (0, 12)
    assert search.columns(parse_query("limit:1"), context).hamms is None


def test_count_leaves_limits_out(database: Database) -> None:
    assert search_of(database).count(parse_query("has:bpm limit:2"), QueryContext(now=NOW)) == 7


# ---- never anything but an answer or a QueryError ------------------------------------------------


NAMES = [f"{name}:" for name in FIELDS]
MARKS = ["^", "~", "=", '"', "..", " or ", " ", ",", "-", "'", "*", "(", "/", "\0", "\ud800", "❤"]
VALUES = ["NEAR", "AND", "8A", "120", "-2w", "6m", "2026-01", "Björk", "日", *IS_WORDS, *VALUE_FIELDS]
PIECES = st.sampled_from([*NAMES, *MARKS, *VALUES])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.lists(PIECES, max_size=10).map("".join), st.text(max_size=40), st.text(max_size=40).map("artist:{}".format)
    )
)
def test_sql_takes_whatever_was_read(database: Database, text: str) -> None:
    search = search_of(database)
    context = QueryContext(now=NOW, locate=lambda path: os.path.join("/music", path))
    try:
        query = parse_query(text)
    except QueryError:
        return
    assert len(search.file_ids(query, context)) <= search.count(query, context) <= 11


def test_each_field_can_be_asked_for_sorted_by_and_missed(database: Database) -> None:
    for name in VALUE_FIELDS:
        known, unknown = found(database, f"has:{name}"), found(database, f"missing:{name}")
        assert sorted(known + unknown) == ALL
        assert sorted(found(database, f"sort:{name}")) == sorted(found(database, f"sort:{name}-")) == ALL
        assert set(found(database, f"sort:{name}-")[: len(known)]) == set(known)  # the unknown last, either way
        assert set(found(database, FIELDS[name].example)) <= set(ALL)


def test_a_long_text_and_many_terms_are_no_trouble(database: Database) -> None:
    assert found(database, '"' + "la " * 3000 + '"') == []
    assert found(database, "x " * 200) == []
    assert found(database, " ".join(["^x"] * 200)) == ALL
    assert found(database, " or ".join(["bpm:~128"] * 100)) == [1]


# ---- paths ---------------------------------------------------------------------------------------


def test_paths_are_files_folders_links_and_either_form_of_unicode(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        with database.transaction() as connection:
            for number, name in enumerate(("b.mp3", "a.mp3", "J\u00f3ga.mp3")):
                put_track(connection, number, path=str(folder / name))
        search = search_of(database)

        def at(*paths: Path) -> tuple[list[str], tuple[str, ...]]:
            answer = search.at_paths([str(path) for path in paths])
            tracks = SqliteTracks(database).tracks_by_id(answer.file_ids)
            return [os.path.basename(track.path) for track in tracks], answer.unknown

        assert at(folder) == (["J\u00f3ga.mp3", "a.mp3", "b.mp3"], ())
        assert at(folder / "b.mp3", folder) == (["b.mp3", "J\u00f3ga.mp3", "a.mp3"], ())
        assert at(tmp_path / "link" / "a.mp3") == (["a.mp3"], ())
        assert at(folder / "Jo\u0301ga.mp3") == (["J\u00f3ga.mp3"], ())
        assert at(folder / "b", tmp_path / "b.mp3") == ([], (str(folder / "b"), str(tmp_path / "b.mp3")))


def test_tracks_come_in_the_order_asked_for_and_gone_ones_are_left_out(database: Database) -> None:
    store = SqliteTracks(database)
    ids = [file_id for (file_id,) in database.connection.execute("SELECT id FROM files ORDER BY id DESC")]
    many = ids * 60  # more than are read at once
    assert [track.path for track in store.tracks_by_id(many)] == [track.path for track in store.tracks_by_id(ids)] * 60
    assert [track.path for track in store.tracks_by_id([999, ids[0], -1])] == [next(store.tracks_by_id(ids)).path]


# ---- the facts stay in step ----------------------------------------------------------------------


def facts(connection: sqlite3.Connection, number: int) -> dict[str, object]:
    row = connection.execute(
        f"SELECT {', '.join(FACTS_COLUMNS)} FROM facts WHERE file_id = (SELECT id FROM files WHERE audio_id = ?)",
        (audio_id(number),),
    ).fetchone()
    return dict(zip(FACTS_COLUMNS, row, strict=True))


def test_facts_follow_every_change(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, bpm=120.0, key="8A", tag_bpm=60.0, flags=("silent",))
        first = facts(connection, 1)
        assert (first["state"], first["measured_bpm"], first["tag_bpm"], first["user_bpm"]) == ("ok", 120.0, 60.0, None)
        assert (first["flags"], first["hamms_dynamic_range"], first["true_peak_dbtp"]) == ('["silent"]', 0.55, -0.5)
        put_user_value(connection, audio_id(1), "bpm", "61.5")
        assert facts(connection, 1)["user_bpm"] == 61.5
        for sql, name, value in (
            ("UPDATE user_values SET value = '62'", "user_bpm", 62.0),
            ("DELETE FROM user_values", "user_bpm", None),
            ("UPDATE files SET year = 1999", "year", 1999),
            ("UPDATE files SET missing_since = 'now'", "state", "missing"),
            ("UPDATE files SET missing_since = NULL", "state", "ok"),
            ("UPDATE analyses SET core = json_set(core, '$.energy', 0.25)", "energy", 0.25),
            ("UPDATE analyses SET version = 99", "analysis_version", 99),
            ("DELETE FROM analyses", "state", "pending"),
            ("UPDATE files SET error_kind = 'corrupt', error_message = 'x'", "state", "failed"),
        ):
            connection.execute(sql)
            assert facts(connection, 1)[name] == value, sql
            assert facts_are_in_step(connection), sql
        connection.execute("INSERT OR REPLACE INTO files SELECT * FROM files")
        assert facts_are_in_step(connection)
        connection.execute("DELETE FROM files")
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (0,)


def test_a_key_in_a_tag_can_be_asked_for_once_it_is_read(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        store = SqliteTracks(database)
        stamp = Stamp(1, 2, 3)
        read = Identified(stamp=stamp, identity=None, tags=Tags(key="A minor"))
        store.put_file("/music/1.mp3", stamp, read, now=NOW)
        assert search_of(database).count(parse_query("is:pending key:8A"), QueryContext(now=NOW)) == 1
        for text, count in (("hip hop", 0), ("08a", 1), (None, 0)):
            store.put_tags("/music/1.mp3", TagsRead(stamp=stamp, tags=Tags(key=text)), now=NOW)
            assert search_of(database).count(parse_query("is:pending key:8A"), QueryContext(now=NOW)) == count


def test_two_files_of_one_audio_share_what_is_known_of_it(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, bpm=120.0)
        put_file(connection, "/music/copy.mp3", audio_id=audio_id(1))
        put_user_value(connection, audio_id(1), "key", '"8A"')
        rows = connection.execute("SELECT measured_bpm, user_key FROM facts").fetchall()
        assert rows == [(120.0, "8A"), (120.0, "8A")]


def test_facts_out_of_step_are_found_and_made_again(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.map4")
    assert verify_library(str(path)).is_sound
    execute(path, "UPDATE facts SET measured_bpm = 1.0 WHERE file_id = 1")
    assert "table facts" in verify_library(str(path)).problems[0]
    repair_library(str(path), NOW)
    assert verify_library(str(path)).is_sound


def test_a_value_that_is_none_is_for_verify_to_tell(tmp_path: Path) -> None:
    """A damaged number must not keep a library from being opened or written."""
    path = tmp_path / "library.map4"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old)
        put_file(old, "/music/1.mp3", audio_id=audio_id(1))
        put_user_value(old, audio_id(1), "bpm", '"fast"')
        core = json.dumps({"hamms": {"vector": ["x"]}, "loudness": {"true_peak_dbtp": "loud"}})
        old.execute(
            "INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, 1, 'x', ?)", (audio_id(1), core)
        )
    with closing(Database(str(path))) as database:
        assert search_of(database).file_ids(parse_query("sort:bpm"), QueryContext(now=NOW)) == [1]
        with pytest.raises(Map4Error, match="can't be read"):
            list(SqliteTracks(database).tracks())


def test_stale_is_another_version(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        put_track(database.connection, 1)
        assert found(database, "is:stale") == []
        database.connection.execute("UPDATE analyses SET version = ?", (ANALYSIS_VERSION + 1,))
        assert found(database, "is:stale") == [1]
