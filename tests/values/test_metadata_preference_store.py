"""Searches, sorts, columns and statistics go by the source that goes first, as records do."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id, put_imported, put_track, put_user_value
from stored import put_observations

from map4 import Library
from map4.core.music.track.fields import CHOSEN_FIELDS, can_go_first
from map4.core.music.track.observations import Observation
from map4.core.music.track.sources import Preferred
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.doctor.checks.diagnosis import diagnose
from map4.duplicates.finding.groups import CopyChoice
from map4.duplicates.store.copies import AlikeRecordings, SqlCopies

MIXED = {"artist": "imported", "title": "provider", "genre": "imported", "year": "provider"}
ORDERS: dict[str, dict[str, Any]] = {
    "provider": {name: "provider" for name in CHOSEN_FIELDS if "provider" in can_go_first(name)},
    "of some fields": MIXED,
}
WORDS = ("alpha", "beta", "gamma delta", "Österreich", None)
NAMES = ("artist", "title", "album", "genre", "label")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, dice = tmp_path_factory.mktemp("preference") / "library.map4", random.Random(22)
    database = SqliteDatabase(str(path))
    genres = ("House", "Drum & Bass", None)
    for number in range(1, 61):
        with database.transaction() as connection:
            values = {name: dice.choice(genres if name == "genre" else WORDS) for name in NAMES}
            years = {"year": dice.choice([None, 1990, 2000]), "track": dice.choice([None, 3, 4])}
            put_track(connection, number, bpm=87.0, **values, **years, catalog_number=dice.choice([None, "TAG 1"]))
            values = {name: dice.choice(genres if name == "genre" else WORDS) for name in NAMES}
            known_values = {name: value for name, value in values.items() if value is not None}
            put_imported(connection, audio_id(number), **known_values, remixer="imported", year=1980, track_number=5)
            if number % 9 == 0:
                put_user_value(connection, audio_id(number), "artist", '"alpha own"')
                put_user_value(connection, audio_id(number), "year", "2010")
        given = {name: dice.choice(genres if name == "genre" else WORDS) for name in NAMES}
        given |= {"remixer": "provided", "original_year": 1970, "track": 6, "catalog_number": "P 2"}
        put_observations(database, [
            (audio_id(number), Observation(provider="p", provider_id="1", field=name, value=value, score=0.9,
                                           fetched_at="2026-11-21"))
            for name, value in given.items()
            if value is not None and number % 4
        ])  # fmt: skip
    database.close()
    return path


@pytest.fixture(scope="module", params=ORDERS)
def library(path: Path, request: pytest.FixtureRequest) -> Iterator[Library]:
    with Library.open(path) as library:
        for field in CHOSEN_FIELDS:
            library.tags.prefer(field, ORDERS[request.param].get(field))
        yield library


def test_sorting_and_counting_use_the_preferred_source(library: Library) -> None:
    for field in ("artist", "year"):
        values = [getattr(track, field)() for track in library.search(f"sort:{field} has:{field}")]
        assert values == sorted(values, key=lambda value: value.casefold() if field == "artist" else value)
    tracks = list(library.tracks.all())
    columns = library.tracks.columns("")
    by_id = library.tracks.by_id(columns.file_id.tolist())
    for row, track in enumerate(by_id):
        assert [getattr(columns, name)[row] for name in NAMES[:4]] == [getattr(track, name)() for name in NAMES[:4]]
    genres = Counter(track.genre() for track in tracks if track.genre())
    assert dict(library.stats().genres) == genres


def test_doctor_uses_the_preferred_source(library: Library) -> None:
    doubts = [item for track in library.search("is:any") for item in diagnose(track)]
    wanted = Counter(item.check.name for item in doubts)
    found = library.doctor.examine()
    assert found.counts["missing_tags"] == wanted["missing_tags"]
    assert wanted["missing_tags"]


def test_lists_and_copies_use_preferred_sources(path: Path, library: Library, request: pytest.FixtureRequest) -> None:
    preferred: Preferred = tuple(ORDERS[request.node.callspec.params["library"]].items())
    shown = {track.path: (track.artist(), track.title()) for track in library.tracks.all()}
    with closing(SqliteDatabase(str(path))) as database:
        known = SqlTracks(database, preferred=lambda: preferred).known_names()
        copies = SqlCopies(database, AlikeRecordings(database), lambda: preferred)
        likely = list(copies.named_groups(["likely"], CopyChoice(), *copies.groups(CopyChoice())))
    assert {track.path: track.own_name or (track.artist, track.title) for track in known} == {
        file: names if names[1] else (tags.artist, tags.title)
        for (file, names), tags in zip(sorted(shown.items()), sorted(known, key=lambda track: track.path), strict=True)
    }
    assert all((file.artist, file.title) == shown[file.path] for group in likely for file in group.files)
    found = [[member.track.path for member in group.members] for group in library.duplicates.find(kinds=["likely"])]
    assert sorted(found) == sorted([file.path for file in group.files] for group in likely) != []
