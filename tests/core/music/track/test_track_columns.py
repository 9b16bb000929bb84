"""Columns of tables, and the values they take from records."""

import json
from dataclasses import replace

import pytest
from made_tracks import made_track

from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import USUAL_COLUMNS, TrackCells, TrackColumn
from map4.core.schemas import schema_text
from map4.errors import UsageError


def row(name: str, *args: object, **tags: object) -> dict[str, object]:
    track = replace(made_track(name, *args, **tags), size_bytes=1000)  # type: ignore[arg-type]
    return {column: TrackCells(track)[column] for column in TrackColumn.exported()}


def test_every_column_has_its_value_or_none() -> None:
    found = row("a.mp3", 120.0, "8A", 0.52, hamms=0.25, artist="Ann", title="Sky", track=3, rating=4.5)
    assert found["path"] == "/music/a.mp3"
    assert [found[name] for name in ("artist", "track", "rating", "bpm", "bpm_source")] == [
        "Ann",
        3,
        4.5,
        120,
        "measured",
    ]
    assert [found[name] for name in ("key_camelot", "key_openkey", "key_name")] == ["8A", "1m", "A minor"]
    assert [found[name] for name in ("time", "hamms_valence", "hamms_confidence", "path_bytes")] == [
        "3:04",
        0.25,
        0.9,
        None,
    ]
    found = row("a.mp3")
    assert {name for name, value in found.items() if value is not None} == {
        "path", "state", "duration_s", "integrated_lufs", "analysis_version", "time", "size_bytes"
    }  # fmt: skip


def test_columns_exist_in_the_schema_and_programs_precede_tags() -> None:
    cues = (CuePoint(position_s=1.0), CuePoint(position_s=2.0))
    values = ImportedValues(rating=4.0, comment="late", play_count=3, last_played="2026-01-31", cues=cues)
    names = ("rating", "comment", "plays", "played", "cues")
    track = made_track("a.mp3", rating=1.0, comment="shop")

    def cells(track: Track) -> list[object]:
        return [TrackCells(track)[name] for name in names]

    assert cells(replace(track, imported=values)) == [4.0, "late", 3, "2026-01-31", 2]
    assert cells(replace(track, imported=ImportedValues(play_count=0))) == [1.0, "shop", 0, None, None]
    assert cells(track) == [1.0, "shop", None, None, None]
    assert set(USUAL_COLUMNS) <= set(TrackColumn.exported())
    assert len(set(TrackColumn.exported())) == len(TrackColumn.exported())
    with pytest.raises(UsageError, match=r"no column 'atrist'; did you mean artist\?"):
        TrackColumn.named("atrist")
    with pytest.raises(UsageError, match="there are path, artist"):
        TrackColumn.named("zzzzzz")
    words = schema_text("track")
    derived = ("hamms_", "label_", "key_", "tempo_", "voice")
    plain = {name for name in TrackColumn.exported() if not name.startswith(derived)}
    made = {"energy_level", "time", "bpm_source", "mood", "era", "plays", "played", "skipped", "explicit"}
    assert [name for name in sorted(plain - made) if f'"{name}"' not in words] == []
    assert json.loads(words)["$id"] == "map4/track/1"
