"""A library keeps the preferences that decide its values, whoever opens it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Run
from starlette.testclient import TestClient
from stored import OpenStore, put_track

from map4 import Library
from map4.core.music.query.context import OF_LIBRARY, Preferences
from map4.core.music.query.parser import Query
from map4.core.music.track.track import DEFAULT_PREFERENCE, Source
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.sql_store import SqlPreferredSources, Store
from map4.errors import LibraryDamagedError, LibraryWriteError, UsageError
from map4.server.settings import API
from map4.settings.config import SETTINGS

TAG_FIRST: tuple[Source, ...] = ("tag", "measured", "imported", "provider")


def tempi(store: Store) -> tuple[list[float | None], list[float], list[int]]:
    """The tempo that tracks, columns and a search for 60 BPM have."""
    context = store.context()
    columns = store.search.columns(Query.parse(""), context).bpm.tolist()
    found = store.search.matching(Query.parse("bpm:60"), context)
    return [track.bpm() for track in store.tracks.tracks()], columns, found


def test_stores_opened_with_other_preferences_have_the_same_values(open_store: OpenStore, tmp_path: Path) -> None:
    first = Preferences(sources=TAG_FIRST, articles=("A",), whole_names=("Ann and Bo",), mono="dual", pitch_percent=6.0)
    with (
        closing(open_store(tmp_path, preferences=first)) as store,
        closing(open_store(tmp_path, preferences=Preferences())) as other,
        closing(open_store(tmp_path)) as plain,
    ):
        put_track(store, 1, bpm=120.0, tag_bpm=60.0)
        assert store.preferences == other.preferences == plain.preferences == first
        assert tempi(store) == tempi(other) == tempi(plain) == ([60.0], [60.0], [1])


def test_changed_preference_counts_at_once_for_stores_that_are_open(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path, preferences=Preferences())) as store, closing(open_store(tmp_path)) as other:
        put_track(store, 1, bpm=120.0, tag_bpm=60.0)
        assert tempi(store) == tempi(other) == ([120.0], [120.0], [])
        digests = [row.digest() for _, row in other.tracks.made_by_id([1], lambda row: row)]
        store.keep(Preferences(sources=TAG_FIRST), ["sources"])
        assert tempi(store) == tempi(other) == ([60.0], [60.0], [1])
        assert digests != [row.digest() for _, row in other.tracks.made_by_id([1], lambda row: row)]


def test_two_processes_change_different_preferences(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path, preferences=Preferences())) as store, closing(open_store(tmp_path)) as other:
        store.keep(Preferences(mono="dual"), ["mono"])
        other.keep(Preferences(articles=("Der",)), ["articles"])
        assert store.preferences == Preferences(mono="dual", articles=("Der",))


def test_store_without_preferences_keeps_none(open_store: OpenStore, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        assert store.part(SqlPreferredSources).stored() == {}
        assert store.preferences == Preferences()
    for is_written in (False, True):
        with closing(open_store(tmp_path, preferences=Preferences(mono="dual", harmonic="off"))) as store:
            assert store.preferences == Preferences(mono="dual", harmonic="off")
            assert store.part(SqlPreferredSources).stored() == {}  # it may be opened only for reading
            put_track(store, 1, bpm=120.0) if is_written else None
    with closing(open_store(tmp_path)) as store:
        assert store.preferences == Preferences(mono="dual")  # the harmonic rule is not the library's


def test_read_only_library_has_the_given_preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Library.open(tmp_path / "l.map4").close()
    monkeypatch.setattr(SqliteDatabase, "transaction", Mock(side_effect=LibraryWriteError("read-only")))
    with Library.open(tmp_path / "l.map4", preferences=Preferences(mono="dual")) as library:
        assert library.preferences.mono == "dual"


def test_library_call_changes_preferences_of_the_library_only(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.map4") as library:
        library.set_preferences(Preferences(sources=TAG_FIRST, whole_names=("Ann & Bo",), harmonic="off"))
        assert library.preferences == Preferences(sources=TAG_FIRST, whole_names=("Ann & Bo",))
        with pytest.raises(UsageError, match="no source of tempo and key 'sonar'"):
            library.set_preferences(Preferences(sources=("tag", "sonar")))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="no preference of a library 'harmonic'"):
            library.set_preferences(Preferences(harmonic="off"), ["harmonic"])


def test_damaged_preference_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "l.map4"
    Library.open(path, preferences=Preferences()).close()
    for name, value in (
        ("sources", '["sonar"]'), ("mono", '"loud"'), ("articles", "3"), ("pitch_percent", "0"),
    ):  # fmt: skip
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM preferences")
            connection.execute("INSERT INTO preferences VALUES (?, ?)", (name, value))
        with Library.open(path) as library, pytest.raises(LibraryDamagedError, match="a preference can't be read"):
            library.count()


def test_library_keeps_settings_of_the_first_command_until_config_changes_it(inside: Run, tmp_path: Path) -> None:
    assert "yet; 'map4 scan FOLDER' makes it" in inside("config", "set", "loudness.mono", "dual").stderr
    file = tmp_path / "map4.toml"
    file.write_text('[analysis]\nprefer = ["tag", "measured", "imported", "provider"]  # mine\n')
    (tmp_path / "music").mkdir()
    inside("scan", tmp_path / "music", "--config", file)
    shown = json.loads(inside("config", "--json").stdout)["settings"]
    assert shown["analysis.prefer"] == {"value": list(TAG_FIRST), "origin": "the library"}
    assert {setting.preference for name, setting in SETTINGS.items() if shown[name]["origin"] == "the library"} == {
        *OF_LIBRARY
    }
    assert "which tempo and key count if you have set none; from the library\n" in inside("config").stdout
    assert "keeps" not in inside("stats", "--config", file).stderr
    order = ",".join(DEFAULT_PREFERENCE)
    done = inside("stats", env={"MAP4_PREFER": order, "MAP4_LOUDNESS_MONO": "single"})
    [line] = [line for line in done.stderr.splitlines() if "keeps" in line]
    assert line.startswith(
        "map4: analysis.prefer from environment (MAP4_PREFER) has no effect, since the library keeps"
    )
    assert line.endswith(f" {','.join(TAG_FIRST)}; remove it there, or run map4 config set analysis.prefer {order}")
    assert (
        f"analysis.prefer is {order} in " in inside("config", "set", "analysis.prefer", "measured,imported,tag").stderr
    )
    inside("config", "set", "names.whole", "Ann & Bo,Little Feat")
    shown = json.loads(inside("config", "--json").stdout)["settings"]
    assert shown["analysis.prefer"]["value"] == list(DEFAULT_PREFERENCE)
    assert shown["names.whole"]["value"] == ["Ann & Bo", "Little Feat"]
    assert "names.whole is Little Feat in " in inside("config", "unset", "names.whole").stderr
    assert inside("config", "set", "loudness.mono", "loud").returncode == 2
    assert "# mine" in file.read_text()


def test_pitch_range_is_set_over_http_and_counts_for_later_ratings(client: TestClient) -> None:
    path = f"{API}/preferences"
    assert client.get(path).json()["pitch_range"] == 8.0
    assert client.put(path, json={"pitch_range": 2.5}).json() == client.get(path).json()
    a, b = (f"{track['id']}" for track in client.get(f"{API}/tracks?limit=2").json()["tracks"])
    assert client.get(f"{API}/compatibility/{a}/{b}").json()["tempo"]["pitch_percent"] == 2.5
    assert client.put(path, json={"pitch_range": 0}).status_code == 400
